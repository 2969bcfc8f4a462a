"""The layout's rules as tests: which way imports run, what stays pure, who asks the time or opens a secret."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from linewright.catalogue import loader
from linewright.domain import rails, remedies

SOURCE = Path(__file__).parent.parent / "src" / "linewright"
FILES = {str(path.relative_to(SOURCE)): path for path in sorted(SOURCE.rglob("*.py"))}

MAY_IMPORT = {
    "domain": {"domain"},
    "catalogue": {"catalogue", "domain"},
    "engine": {"engine", "domain", "secret", "errors"},
    "graph": {"graph", "engine", "domain", "secret", "errors"},
    "store": {"store", "engine", "domain", "secret", "errors"},
    "simulator": {"simulator", "secret"},
}
"""Packages of ours that each package may import; `engine` for the ports that `graph` and `store` fill."""
IMPURE = {
    "asyncio", "datetime.now", "httpx", "io", "logging", "os", "pathlib", "random", "secrets", "socket",
    "sqlalchemy", "subprocess", "threading", "time", "uuid",
}  # fmt: skip
ASKS_THE_TIME = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "time_ns"}


def parsed(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text())


def imported(name: str) -> Iterator[str]:
    """Every module that a file imports, also inside functions."""
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def ours(name: str) -> set[str]:
    """The parts of Linewright that a file imports: `domain`, `secret`, …"""
    return {module.split(".")[1] for module in imported(name) if module.startswith("linewright.")}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    files = [name for name in FILES if name.startswith(f"{package}/")]
    assert files
    for name in files:
        assert ours(name) <= MAY_IMPORT[package], name


def test_only_the_outermost_knows_everything() -> None:
    for name in FILES:
        inner = name.split("/")[0] in MAY_IMPORT
        if inner:
            assert not {"wiring", "face", "over_rest", "cli", "service"} & ours(name), name


@pytest.mark.parametrize("face", ["face", "over_rest"])
def test_no_area_of_a_face_knows_another(face: str) -> None:
    areas = [name for name in FILES if name.startswith(f"{face}/") and not name.endswith("__init__.py")]
    assert len(areas) > 2
    for name in areas:
        near = {module for module in imported(name) if module.startswith(f"linewright.{face}")}
        assert near <= {f"linewright.{face}.base"}, name


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("domain/")])
def test_the_domain_is_pure(name: str) -> None:
    assert not {module.split(".")[0] for module in imported(name)} & IMPURE
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input"), name
        if isinstance(node, ast.Global):
            raise AssertionError(f"{name} keeps a state")


def test_only_the_clock_asks_the_time() -> None:
    for name in FILES:
        if name in ("clock.py",) or name.startswith("simulator/"):
            continue
        for node in ast.walk(parsed(name)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("datetime", "date", "time"):
                assert node.func.attr not in ASKS_THE_TIME, f"{name}:{node.lineno}"


def test_only_config_reads_the_environment() -> None:
    for name in FILES:
        if name == "config.py":
            continue
        for node in ast.walk(parsed(name)):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
                raise AssertionError(f"{name}:{node.lineno} reads the environment")


def test_only_the_vault_and_the_wire_open_a_secret() -> None:
    openers = {
        name
        for name in FILES
        for node in ast.walk(parsed(name))
        if isinstance(node, ast.Attribute) and node.attr == "open_secret"
    }
    allowed = {
        "secret.py",
        "vault.py",
        "graph/wire.py",
        "graph/judge.py",
        "graph/redact.py",
        "graph/sender.py",
        "graph/client.py",
        "cli/accounts.py",
        "accounts.py",  # looks whether a pasted token can be one
        "service/people.py",  # hashes a password; hands out an invitation or a token once
        "rest_client.py",  # the wire to a service
        "couriers.py",  # the wire from where codes come: checks signatures
        "senders.py",  # the wire to where alerts go: addresses hold passwords
        "service/cookies.py",  # signs the bearer of a session
        "store/digest.py",  # keeps the digest of what a visitor brings
        "service/page/accounts.py",  # shows an admin what Meta repeats in the handshake
        "envelope.py",  # seals PINs for another keeper
        "pin_list.py",  # reads PINs out of another tool's list
        "cli/care.py",  # `pin show`, at a terminal
        "cli/numbers.py",
        "cli/inputs.py",
    }
    assert openers <= allowed, sorted(openers - allowed)


def test_the_simulator_opens_none() -> None:
    assert not any("open_secret" in FILES[name].read_text() for name in FILES if name.startswith("simulator/"))


def test_no_cycle_among_modules() -> None:
    graph = {
        name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): {
            module.removeprefix("linewright.") for module in top_imports(name)
        }
        for name in FILES
    }
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module in done or module not in graph:
            return
        for target in graph[module]:
            walk(target, (*path, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def top_imports(name: str) -> Iterator[str]:
    """What is imported when the file is, without what is for type checking only."""
    for node in parsed(name).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("linewright."):
            yield node.module


def test_each_remedy_has_an_entry_and_each_entry_a_remedy() -> None:
    catalogue = loader.load(remedies.NAMES)
    assert {entry.remedy for entry in catalogue.entries} == remedies.NAMES


def test_the_order_of_the_rails_is_the_designs() -> None:
    assert [rail.__name__ for rail in rails.RAILS] == [
        "account_on_hold",
        "unknown_reading",
        "look_first",
        "call_in_doubt",
        "not_ours",
        "told_to_wait",
        "spacing",
        "automatic_cap",
        "pin_refused",
        "no_way_back",
        "same_answer",
    ]


def test_five_exceptions_at_most() -> None:
    tree = parsed("errors.py")
    assert len([node for node in tree.body if isinstance(node, ast.ClassDef)]) == 5
