"""The worlds of the recovery bench: repeatable, of the published mixture, and without anything of what decides."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import bench.recovery
import pytest
from bench.recovery.stage import Stage
from bench.recovery.worlds import APART, draw, mixture

BENCH = Path(bench.recovery.__file__).parent
MANY = 400
WORLDS = {"worlds", "person", "stage", "clock", "hindsight", "score"}
"""The modules that make and play the truth, and judge."""
SEES_ONLY_THE_WIRE = {"linewright", "scripts", "errors_page"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert node.level == 0
            found.add(node.module)
    return found


def ours(path: Path) -> set[str]:
    return {module for module in imported(path) if module.split(".")[0] in ("linewright", "bench", "tests")}


def test_a_world_is_its_seed_and_place() -> None:
    assert [draw(5, place) for place in range(50)] == [draw(5, place) for place in range(50)]
    assert [draw(5, place) for place in range(20)] != [draw(6, place) for place in range(20)]


def test_most_worlds_have_a_trouble_and_none_has_two_that_cannot_be() -> None:
    worlds = [draw(5, place) for place in range(MANY)]
    assert sum(bool(world.troubles) for world in worlds) >= 0.6 * MANY
    for world in worlds:
        assert not any(pair <= set(world.troubles) for pair in APART)
        assert "not_ours" not in world.troubles or len(world.troubles) == 1


def test_the_mixture_adds_up() -> None:
    shares = mixture()["how_many_troubles"]
    assert 1 - shares["0"] / sum(shares.values()) >= 0.6
    worlds = [draw(5, place) for place in range(MANY)]
    met = Counter(trouble for world in worlds for trouble in world.troubles)
    assert set(met) == set(mixture()["troubles"])
    for low, high in mixture()["seconds"].values():
        assert 0 < low < high
    assert all(0 <= chance <= 1 for chance in mixture()["chances"].values())


def test_every_world_can_be_built_and_none_begins_online() -> None:
    for place in range(60):
        stage = Stage(draw(5, place), "ask")
        assert not (stage.number.registered and not stage.number.certificate_fault)
        assert stage.number.phone.e164[-6] == "7", "a magic number would have a truth of its own"


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_worlds_share_no_code_with_the_decision(name: str) -> None:
    for module in ours(BENCH / f"{name}.py"):
        assert module.startswith("linewright.simulator.") or module.removeprefix("bench.recovery.") in WORLDS, module


@pytest.mark.parametrize("name", sorted(SEES_ONLY_THE_WIRE))
def test_policies_see_the_remote_over_the_wire_alone(name: str) -> None:
    for module in ours(BENCH / "policies" / f"{name}.py"):
        assert not module.startswith(("linewright.simulator", "tests"))
        assert not module.startswith("bench.") or module.startswith("bench.recovery.policies.")


def test_the_decision_knows_nothing_of_the_bench() -> None:
    source = BENCH.parent.parent / "src" / "linewright"
    for path in source.rglob("*.py"):
        assert not re.search(r"^\s*(?:from|import) bench", path.read_text(), re.MULTILINE), path
