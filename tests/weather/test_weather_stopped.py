"""SIGSTOP in the middle of a write, longer than the lease: whoever wakes late neither writes nor sends (DESIGN 6).

Real processes on PostgreSQL. Real time is a file that they share, so that leases run out without anybody waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.databases import Postgres
from tests.support.killed import Stage
from tests.support.stopped import AFTER_THE_INTENT, BEFORE_THE_SOCKET, Crew

from linewright.engine.ports import SEND_SECONDS
from linewright.store.leases import IN_FLIGHT_SECONDS

LEASE = 3
QUARANTINE = SEND_SECONDS + IN_FLIGHT_SECONDS


@pytest.fixture
def crew(tmp_path: Path, postgres_server: Postgres, stage: Stage) -> Iterator[Crew]:
    crew = Crew.open(tmp_path, postgres_server.cleaned(), stage.simulator, stage.clock_file, LEASE)
    yield crew
    crew.database.close()


def test_one_that_slept_past_its_lease_neither_writes_nor_sends(crew: Crew) -> None:
    sleeper = crew.begin_and_see_it_stop(AFTER_THE_INTENT)
    assert crew.registers() == 0
    crew.move(LEASE + QUARANTINE)
    other = crew.begin().finish()
    assert other.status == 0, other.err
    assert crew.ended() == ("done", ["in_doubt", "ok"])
    rows, heard = crew.rows(), crew.heard()
    woken = crew.wake(sleeper)
    assert woken.status == 0, woken.err
    assert "the phone went to another worker meanwhile" in woken.err
    assert crew.rows() == rows
    assert crew.heard() == heard
    assert crew.registers() == 1


def test_nobody_takes_over_while_the_call_may_be_under_way(crew: Crew) -> None:
    sleeper = crew.begin_and_see_it_stop(AFTER_THE_INTENT)
    assert crew.turn().again_seconds is None, "the lease is alive"
    crew.move(LEASE + 1)
    rows = crew.rows()
    early = crew.turn()
    assert early.again_seconds == pytest.approx(QUARANTINE - LEASE - 1)
    crew.move(QUARANTINE - LEASE - 2)
    assert crew.turn().again_seconds == pytest.approx(1)
    assert (crew.rows(), crew.registers()) == (rows, 0)
    woken = crew.wake(sleeper)
    assert woken.status == 0, woken.err
    assert crew.ended() == ("done", ["not_sent", "ok"]), "it came back before anybody took over, and dropped the call"
    assert crew.registers() == 1


def test_a_call_that_slept_before_the_socket_is_heard_once_more_than_answered(crew: Crew) -> None:
    """The one window that no client can close."""
    sleeper = crew.begin_and_see_it_stop(BEFORE_THE_SOCKET)
    assert crew.registers() == 0
    crew.move(LEASE + 1)
    assert (crew.turn().again_seconds or 0) > 0
    crew.move(QUARANTINE)
    other = crew.begin().finish()
    assert other.status == 0, other.err
    assert crew.ended() == ("done", ["in_doubt", "ok"])
    assert crew.registers() == 1
    rows = crew.rows()
    woken = crew.wake(sleeper)
    assert woken.status == 0, woken.err
    assert crew.rows() == rows, "its answer is not written over what came after"
    state, outcomes = crew.ended()
    assert state == "done"
    assert crew.registers() - outcomes.count("ok") == 1
    assert crew.registers() == len(outcomes), "the budget counted it all along, as in doubt"
