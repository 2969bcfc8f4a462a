"""What the simulator's own log says of a run: every promise that can be seen from outside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from linewright.simulator.calls import LoggedCall

__all__ = ["breaches", "repetitions"]

SPACING = timedelta(seconds=30)
WINDOW = timedelta(hours=72)
AUTOMATIC = 8
MONEY = ("register", "deregister")
WRITES = (*MONEY, "request_code", "verify_code", "set_pin")


def breaches(calls: Iterable[LoggedCall], overlapping: list[tuple[LoggedCall, LoggedCall]]) -> list[str]:
    """Each breach in a line; none is what a run must end with."""
    found = [f"{one.e164}: {one.kind} #{one.seq} and {two.kind} #{two.seq} overlap" for one, two in overlapping]
    for e164, heard in _by_phone(calls).items():
        found += [f"{e164}: {each}" for each in [*_spacing(heard), *_budget(heard), *_refused_pins(heard)]]
        found += [f"{e164}: {each}" for each in [*_codes(heard), *_unread(heard)]]
    return found


def _by_phone(calls: Iterable[LoggedCall]) -> dict[str, list[LoggedCall]]:
    phones: dict[str, list[LoggedCall]] = defaultdict(list)
    for call in calls:
        if call.e164 is not None:
            phones[call.e164].append(call)
    return phones


def _spacing(heard: list[LoggedCall]) -> Iterable[str]:
    spent = [call for call in heard if call.kind in MONEY and call.happened]
    for one, two in pairwise(spent):
        gap = two.started_at - (one.ended_at or one.started_at)
        if gap < SPACING:
            yield f"{two.kind} #{two.seq} came {gap.total_seconds():.0f} s after #{one.seq}"


def _budget(heard: list[LoggedCall]) -> Iterable[str]:
    for kind in MONEY:
        spent = [call for call in heard if call.kind == kind and call.happened]
        for last in spent:
            used = sum(last.started_at - WINDOW < call.started_at <= last.started_at for call in spent)
            if used > AUTOMATIC:
                yield f"{used} calls {kind} within 72 h"


def _refused_pins(heard: list[LoggedCall]) -> Iterable[str]:
    """A refused PIN comes back once at most: when the process died before its refusal was journalled."""
    refused: Counter[str] = Counter()
    for call in heard:
        if call.kind == "set_pin" and call.happened and call.code is None:
            refused.clear()
        pin = call.secrets.get("pin")
        if call.kind == "register" and pin and call.happened:
            if refused[pin] > 1:
                yield f"a PIN refused twice was sent again by #{call.seq}"
            refused[pin] += call.code == 133005


def _codes(heard: list[LoggedCall]) -> Iterable[str]:
    asked = [call for call in heard if call.kind == "request_code" and call.happened]
    for one, two in pairwise(asked):
        if two.started_at - one.started_at < timedelta(seconds=60):
            yield f"code requests #{one.seq} and #{two.seq} within 60 s"
    for last in asked:
        if sum(last.started_at - timedelta(hours=1) < call.started_at <= last.started_at for call in asked) > 3:
            yield f"more than three code requests within the hour before #{last.seq}"


def _unread(heard: list[LoggedCall]) -> Iterable[str]:
    """Each write follows a good reading that came after the write before."""
    looked = False
    for call in heard:
        if call.kind == "read":
            looked = looked or (call.http_status == 200 and call.happened)
        elif call.kind in WRITES:
            if not looked:
                yield f"{call.kind} #{call.seq} without a reading since the write before"
            looked = False


def repetitions(calls: Iterable[LoggedCall]) -> Counter[str]:
    """Calls made again although an earlier one of the same kind had happened and its answer was lost (5.4)."""
    again: Counter[str] = Counter()
    for heard in _by_phone(calls).values():
        for kind in WRITES:
            alike = [call for call in heard if call.kind == kind and call.happened]
            again[kind] += sum(not one.delivered for one, _ in pairwise(alike))
    return +again
