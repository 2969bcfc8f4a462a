"""The promises over whole migrations: two accounts, unkind remotes, machines and people (DESIGN 3 and 5.1)."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest
from tests.support.lives import Life
from tests.support.moving_lives import MovingLife
from tests.support.promises import Breach
from tests.support.weather import explore

from linewright.domain import doubt, migration
from linewright.domain.entries import Catalogue
from linewright.domain.moving import Moving
from linewright.domain.operation import Goal

SHARDS = 4


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("linewright").setLevel(logging.ERROR)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_promises_hold_over_whole_migrations(
    shard: int, catalogue: Catalogue, figures: dict[str, Any], pytestconfig: pytest.Config
) -> None:
    ends, calls = Counter[str](), Counter[str]()

    def lived(life: Life) -> None:
        figures["operations"] += life.operations
        figures["turns"] += life.steps
        figures["calls"] += len(life.watch.log)
        ends[str(life.ledger.get(life.operation).reason)] += 1
        calls.update(sent.call for sent in life.watch.log)

    explore(
        catalogue,
        examples=max(pytestconfig.getoption("--operations") // 5 // SHARDS, 60),
        seeded=pytestconfig.getoption("--fuzz-seed") * SHARDS + shard,
        lived=lived,
        kind=MovingLife,
        goals=(Goal.MIGRATE,),
    )
    assert ends["migrated"], "some come to their good end"
    assert all(calls[each] for each in ("survey", "read_source", "create", "request_code", "verify_code", "register"))


PLANTED = {
    "a code before two-step verification is known to be off": (2, migration, "two_step", lambda case: False),
    "a create in doubt is sent again at once": (7, doubt, "SHOWN", frozenset()),
    "done while the source still reads as registered": (5, Moving, "works", None),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_found(
    name: str, catalogue: Catalogue, figures: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    promise, where, what, instead = PLANTED[name]
    monkeypatch.setattr(where, what, instead)
    examples = 0

    def lived(life: Life) -> None:
        nonlocal examples
        examples += 1

    with pytest.raises(Breach) as found:
        explore(catalogue, examples=200, seeded=1, lived=lived, kind=MovingLife, goals=(Goal.MIGRATE,), shrink=False)
    assert found.value.promise == promise
    figures["breaches"].append((promise, name, examples + 1))
