"""Unkind remotes, machines and people against whole operations; and one fixed answer for ever."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from tests.support.lives import Life, live
from tests.support.promises import ENDS
from tests.support.remote_script import Weather
from tests.support.weather import explore

from linewright.domain.entries import Catalogue
from linewright.domain.journal import CallKind
from linewright.domain.operation import Goal

SHARDS = 16
STEPS = 24
"""Turns of an operation that hears one answer for ever."""
HOURLY, DAILY = 40, 200
"""The most calls of any kind that one operation may make in an hour and in a day, with nobody answering.
A refused read looks every 15 minutes, and looks around beside it: 192 a day."""
GOAL_OF = {
    CallKind.READ: (Goal.REGISTER, Goal.DEREGISTER),
    CallKind.REGISTER: (Goal.REGISTER,),
    CallKind.DEREGISTER: (Goal.REGISTER, Goal.DEREGISTER),
    CallKind.REQUEST_CODE: (Goal.VERIFY, Goal.REGISTER),
    CallKind.VERIFY_CODE: (Goal.VERIFY, Goal.REGISTER),
    CallKind.SET_PIN: (Goal.SET_PIN, Goal.REGISTER),
    CallKind.SUBSCRIBE: (Goal.REGISTER,),
    CallKind.KEEP_STORAGE: (Goal.REGISTER, Goal.DEREGISTER),
    CallKind.LOOK: (Goal.REGISTER,),
    CallKind.READ_STORAGE: (Goal.DEREGISTER, Goal.REGISTER),
    CallKind.READ_SUBSCRIPTION: (Goal.REGISTER,),
}
START_OF = {
    CallKind.DEREGISTER: "half",
    CallKind.REQUEST_CODE: "unverified",
    CallKind.VERIFY_CODE: "unverified",
    CallKind.KEEP_STORAGE: "half",
    CallKind.READ_STORAGE: "half",
}


OFTEN_HELD = (CallKind.READ, CallKind.REGISTER, CallKind.REQUEST_CODE)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("linewright").setLevel(logging.ERROR)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_promises_hold_against_unkind_remotes(
    shard: int, catalogue: Catalogue, figures: dict[str, Any], pytestconfig: pytest.Config
) -> None:
    def lived(life: Life) -> None:
        figures["operations"] += life.operations
        figures["turns"] += life.steps
        figures["calls"] += len(life.watch.log)

    explore(
        catalogue,
        examples=-(-pytestconfig.getoption("--operations") // SHARDS),
        seeded=pytestconfig.getoption("--fuzz-seed") * SHARDS + shard,
        lived=lived,
    )


@pytest.mark.parametrize("people", [0.0, 1.0], ids=["nobody-answers", "people-answer"])
@pytest.mark.parametrize("call", GOAL_OF, ids=str)
def test_one_answer_for_ever(call: CallKind, people: float, catalogue: Catalogue, figures: dict[str, Any]) -> None:
    """Every code of the catalogue as the one answer to one kind of call comes to a question, an end or a slow wait."""
    for index, entry in enumerate(catalogue.entries):
        for told in (0.0, 1.0) if call in OFTEN_HELD and not people else (float(index % 2),):
            weather = Weather(
                seed=index,
                goals=GOAL_OF[call],
                start=START_OF.get(call, "offline"),
                two_step=call is CallKind.SET_PIN,
                given="wrong" if call is CallKind.SET_PIN else "none" if index % 2 else "right",
                pin_reset="auto" if call is CallKind.SET_PIN or index % 3 else "ask",
                storage=True,
                subscribe=True,
                told=told,
                answers=people,
                fixed=(call, index),
                steps=STEPS,
            )
            life = live(weather, catalogue)
            figures["fixed"] += life.operations
            if not people:
                assert_slow(life, f"{call} answered {entry.key} for ever")


def assert_slow(life: Life, what: str) -> None:
    times = [sent.true for sent in life.watch.log]
    for most, span in ((HOURLY, timedelta(hours=1)), (DAILY, timedelta(days=1))):
        for i in range(len(times) - most):
            assert times[i + most] - times[i] >= span, f"{what}: more than {most} calls in {span}"
    assert life.ledger.get(life.operation).state in ENDS
