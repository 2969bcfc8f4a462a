"""What holds in every story, whatever it is about: the rails, and that no secret stands anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from tests.support.search import Search

from linewright.simulator.calls import LoggedCall

__all__ = ["MONEY", "SPACING", "WRITES", "Heard", "check_rails", "check_secrets", "gaps"]

WRITES = ("register", "deregister", "request_code", "verify_code", "set_pin", "settings", "subscribe", "create")
MONEY = ("register", "deregister")
SPACING, CODE_SPACING = 35, 60
TURN = timedelta(seconds=1)
"""Less virtual time than any wait; one turn takes no more."""


class Heard(logging.Handler):
    """Everything that anybody logs while a stage is open, whatever the level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._root = logging.getLogger()
        self._level = self._root.level
        self._root.addHandler(self)
        self._root.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def close(self) -> None:
        self._root.removeHandler(self)
        self._root.setLevel(self._level)
        super().close()


def gaps(calls: list[LoggedCall], kinds: tuple[str, ...]) -> list[int]:
    chosen = [call for call in calls if call.kind in kinds]
    return [round((two.started_at - (one.ended_at or one.started_at)).total_seconds()) for one, two in pairwise(chosen)]


def check_rails(calls: list[LoggedCall]) -> None:
    """What holds in every story: spacing, caps, code quotas, a reading before each write."""
    calls = [call for call in calls if call.fault != "refuse"]
    assert all(gap >= SPACING for gap in gaps(calls, MONEY)), f"registers too close: {gaps(calls, MONEY)}"
    assert all(gap >= CODE_SPACING for gap in gaps(calls, ("request_code",))), gaps(calls, ("request_code",))
    for kind, limit, window in (
        ("register", 10, timedelta(hours=72)),
        ("deregister", 10, timedelta(hours=72)),
        ("request_code", 3, timedelta(hours=1)),
        ("request_code", 6, timedelta(hours=24)),
    ):
        times = [call.started_at for call in calls if call.kind == kind]
        crowd = max((sum(at - window < each <= at for each in times) for at in times), default=0)
        assert crowd <= limit, f"{crowd} calls {kind} within {window}"
    for call in calls:
        reads = [r for r in calls if r.kind == "read" and r.seq < call.seq]
        if call.kind in WRITES:
            looked = bool(reads) and call.started_at - reads[-1].started_at < TURN
            assert looked, f"{call.kind} at {call.started_at} without a reading in the same turn"


def check_secrets(secrets: Iterable[str], places: dict[str, bytes]) -> None:
    """No secret stands in any of these contents; a run of digits counts where it stands alone."""
    secrets = list(secrets)
    digits = {secret for secret in secrets if secret.isdigit()}
    search = Search(set(secrets) - digits, digits)
    for place, content in places.items():
        search.look(place, content)
    assert search.found == set()
