"""What is shipped hangs together: the lock, the licences, the versions, and the files for a server."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from docs import dependencies
from docs.dependencies import allowed, locked, needed, trouble
from packaging.requirements import Requirement
from packaging.version import Version

from linewright.cli import main
from linewright.config import Settings

ROOT = Path(__file__).parent.parent
LOCK = dependencies.LOCK.read_text()
REASONS = dependencies.REASONS.read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_nothing_is_wrong_with_what_we_stand_on() -> None:
    assert trouble(LOCK, REASONS) == []
    assert len(list(locked(LOCK))) > 80


@pytest.mark.parametrize(("old", "new", "said"), [
    (r"^httpx==.*(\n    --hash.*)+", "", "httpx is asked for and not in the lock"),
    (r"^httpx==\S+", "httpx==0.1", "the lock has httpx 0.1, pyproject.toml asks for >=0.28"),
    (r"^httpx==\S+", "httpx==0.1", "is installed, the lock has 0.1"),
    (r"^httpx==\S+", "httpx>=0.28", "the lock pins no version: httpx>=0.28"),
    (r"^(httpx==\S+ )\\(\n    --hash.*)+", r"\1", "the lock has no hash of httpx"),
    (r"^httpx==", "not-installed-here==1 \\\n    --hash=sha256:0\nhttpx==", "not-installed-here is in the lock"),
])  # fmt: skip
def test_a_lock_that_is_not_whole_is_told(old: str, new: str, said: str) -> None:
    broken, count = re.subn(old, new, LOCK, count=1, flags=re.MULTILINE)
    assert count == 1
    assert any(said in line for line in trouble(broken, REASONS)), trouble(broken, REASONS)


def test_a_library_without_a_reason_is_told() -> None:
    assert trouble(LOCK, REASONS.replace("argon2-cffi", "")) == [
        "argon2-cffi has no reason in docs/decisions/0001-dependencies.md"
    ]


@pytest.mark.parametrize(("name", "licence", "may"), [
    ("any", "MIT", True), ("any", "GPL-3.0-only", False), ("any", "", False), ("any", "Proprietary", False),
    ("any", "Apache-2.0 OR GPL-3.0-only", True), ("any", "MIT AND GPL-3.0-only", False),
    ("any", "MIT AND PSF-2.0", True),
    ("any", "LGPL-3.0-only", False), ("psycopg", "LGPL-3.0-only", True),
])  # fmt: skip
def test_which_licences_may_be_used(name: str, licence: str, may: bool) -> None:
    assert allowed(name, licence) is may


def test_a_licence_that_is_not_allowed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "ONLY", {"LGPL-3.0-only": ()})
    found = trouble(LOCK, REASONS)
    assert [line.split(" is under ")[0] for line in found] == ["psycopg", "psycopg-binary", "psycopg-pool"]


def test_what_comes_along_is_found_through_extras() -> None:
    assert "psycopg-binary" in needed([Requirement("psycopg[binary]")])
    assert "psycopg-binary" not in needed([Requirement("psycopg")])


def test_what_is_not_installed_everywhere_is_known_everywhere() -> None:
    """Or the page and the check would differ from one Python to the next."""
    some = re.findall(r"^([\w.-]+)==\S+ ; .*(?:python_full_version|python_version|sys_platform)", LOCK, re.MULTILINE)
    once = {name for name, pins in Counter(some).items() if pins == 1}  # else each Python has a version of its own
    assert once == set(dependencies.ELSEWHERE)
    for name, (licence, requires) in dependencies.ELSEWHERE.items():
        try:
            told = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        assert dependencies.licence_of(name) == licence
        assert {found.name for found in map(Requirement, told) if "extra" not in str(found.marker)} == {*requires}


# Versions


def test_the_changelog_has_this_version_or_what_comes_with_it() -> None:
    """The newest heading is *Unreleased* or this version; released ones go down, each with its day."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    ours = Version(PROJECT["version"])
    released = [heading.split(" - ") for heading in headings if heading != "Unreleased"]
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) for _, day in released)
    versions = [Version(version) for version, _ in released]
    assert versions == sorted(versions, reverse=True)
    assert all(version <= ours for version in versions)
    assert headings[0] == "Unreleased" or versions[0] == ours
    assert ours in versions or "Unreleased" in headings


def test_the_pythons_that_are_named_are_those_that_are_tested() -> None:
    named = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    makefile = (ROOT / "Makefile").read_text()
    assert named == ["3.11", "3.12", "3.13"]
    assert f"python3 ({named[0]} to {named[-1]})" in makefile
    assert PROJECT["requires-python"] == f">={named[0]}"


# For a server

UNITS = sorted((ROOT / "deploy").glob("*.service"))
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text()


def lines_of(unit: Path) -> list[str]:
    return [line for line in unit.read_text().splitlines() if line and not line.startswith(("#", "["))]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_is_there(unit: Path) -> None:
    starts = [line for line in lines_of(unit) if line.startswith("ExecStart=")]
    assert len(starts) == 1
    name, *words = starts[0].removeprefix("ExecStart=/opt/linewright/bin/").split()
    assert name in PROJECT["scripts"]
    assert main([words[0], "--help"]) == 0
    assert main([*words, "--help"]) == 0


def test_both_units_close_the_same() -> None:
    assert len(UNITS) == 2
    own = ("Description=", "ExecStart=", "TimeoutStopSec=")
    first, second = ([line for line in lines_of(unit) if not line.startswith(own)] for unit in UNITS)
    assert first == second
    for line in (
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "UMask=0077",
    ):
        assert line in first


def test_the_settings_for_a_server_are_declared_and_hold_no_secret() -> None:
    texts = [CONTAINER, *(unit.read_text() for unit in UNITS), (ROOT / "docs" / "deploying.md").read_text()]
    named = {name for text in texts for name in re.findall(r"LINEWRIGHT_([A-Z_]+)", text)}
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    given = {name for text in texts[:-1] for name in re.findall(r"LINEWRIGHT_([A-Z_]+)=", text)}
    assert given == {"HOME", "LOG_FORMAT"}


def test_the_container_is_nobody_and_pins_what_it_installs() -> None:
    words = [line.split() for line in CONTAINER.splitlines()]
    users = [line[1] for line in words if line and line[0] == "USER"]
    assert users == ["10001:10001"]
    assert CONTAINER.index("USER 10001") < CONTAINER.index("ENTRYPOINT")
    assert "--require-hashes --only-binary :all: --requirement deploy/requirements.lock" in CONTAINER
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINER, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name
    assert main(["serve", "--help"]) == 0


def test_the_lock_of_a_server_is_a_part_of_the_whole() -> None:
    pins = {entry.name: entry for entry in locked(dependencies.server_lock()) if not isinstance(entry, str)}
    whole = {entry.name: entry for entry in locked(LOCK) if not isinstance(entry, str)}
    assert pins.items() <= whole.items()
    assert {"fastapi", "psycopg-binary", "opentelemetry-sdk", "hatchling"} <= set(pins)
    assert not {"pytest", "playwright", "schemathesis", "ruff", "mypy"} & set(pins)
