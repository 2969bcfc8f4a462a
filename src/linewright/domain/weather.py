"""The weather: an outage of the registration server (133004) as all numbers of the installation see it.

Met by one number alone it changes nothing. Once a second number meets it within ten minutes it is *shared*:
all registrations wait on one ladder, and one number at a time goes out to see whether it is over (DESIGN 5.2).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from linewright.domain.journal import Answer, Attempt, CallKind, Outcome
from linewright.domain.waits import told, with_margin

__all__ = [
    "SERVER_DOWN",
    "STATUS_PAGE",
    "Weather",
    "after_answer",
    "claimed",
    "freed_at",
    "is_shared",
    "may_register_at",
    "next_try",
    "postponed",
    "rules",
    "server_down_wait",
    "spent_on",
    "words",
]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SERVER_DOWN = (MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY)
"""The waits after the first, second, ... answer 133004; the last one repeats."""
CODE = 133004
PROOFS = range(133000, 133017)
"""Refusals that only the registration server gives: all but 133004 prove that it answers."""
TOGETHER = timedelta(minutes=10)
"""A second number that meets 133004 within this time of the last such answer makes the outage shared."""
PROBE_LASTS = timedelta(minutes=2)
"""How long one number may hold the place of the probe, should its answer never come."""
TURN = timedelta(seconds=30)
"""By so much those that spent one registration more on this outage go later."""
STALE = DAY
"""An outage of which nobody heard for so long after its next try was due says nothing any more."""
ANNOUNCE = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
FREED_A_SECOND, FREED_IN_SECONDS = 2, 600
"""So many that waited go on in each second after the end; more, so that the last goes within ten minutes."""
LONGEST_TURN = timedelta(minutes=10)
STATUS_PAGE = "https://metastatus.com/whatsapp-business-api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """One outage, from its first answer 133004 to the first good sign. Phones are E.164; times are virtual.

    `answers` is the step of the ladder: one more with each answer of a lone number or of a probe. Answers to
    calls that were under way when it became shared put off the next try, and are no step. `told_until` is the
    latest time that such an answer told; `waiting` is how many operations rest for it, where that was counted.
    """

    since: datetime
    last_at: datetime
    answers: int
    first_phone: str
    last_phone: str
    shared: bool = False
    probe: str | None = None
    probe_until: datetime | None = None
    told_until: datetime | None = None
    ended_at: datetime | None = None
    waiting: int = 0


def server_down_wait(name: str, step: int) -> timedelta:
    """The ladder of 133004, each rung within 10 % of its figure by an id, not by chance."""
    rung = SERVER_DOWN[min(max(step, 1), len(SERVER_DOWN)) - 1]
    return rung * (0.9 + 0.2 * _share(f"{name}/{step}"))


def _share(name: str) -> float:
    return zlib.crc32(name.encode()) / 0xFFFFFFFF


# How an answer changes it


def after_answer(weather: Weather | None, phone: str, answer: Answer, at: datetime) -> Weather | None:
    """The weather after an answer to a registration of `phone` that came `at`."""
    if answer.outcome is Outcome.REFUSED and answer.error is not None and answer.error.code == CODE:
        wait = told(answer.error)
        return _down(weather, phone, at + with_margin(wait.wait) if wait else None, at)
    if weather is None or weather.ended_at is not None:
        return weather
    if _proves(answer):
        return replace(weather, ended_at=max(at, weather.last_at), probe=None, probe_until=None)
    if phone != weather.probe or answer.outcome is Outcome.UNREACHABLE:
        return weather  # nobody else tries a remote that could not be reached before the probe's time is over
    back = replace(weather, probe=None, probe_until=None)
    return replace(back, last_at=max(at, back.last_at)) if answer.outcome is Outcome.IN_DOUBT else back


def _proves(answer: Answer) -> bool:
    """Whether the registration server itself answered; a dead token or a usage limit does not show that."""
    if answer.outcome is Outcome.OK:
        return True
    return answer.outcome is Outcome.REFUSED and answer.error is not None and answer.error.code in PROOFS


def _down(weather: Weather | None, phone: str, told_until: datetime | None, at: datetime) -> Weather:
    fresh = Weather(since=at, last_at=at, answers=1, first_phone=phone, last_phone=phone, told_until=told_until)
    if weather is None or weather.ended_at is not None or _stale(weather, at):
        return fresh
    same = phone in (weather.first_phone, weather.last_phone)
    if not weather.shared and not same and at - weather.last_at > TOGETHER:
        return fresh
    step = phone == weather.probe if weather.shared else same
    probed = weather.shared and step
    return replace(
        weather,
        last_at=max(at, weather.last_at),
        answers=weather.answers + step,
        last_phone=phone,
        shared=weather.shared or not same,
        probe=None if probed else weather.probe,
        probe_until=None if probed else weather.probe_until,
        told_until=max((moment for moment in (weather.told_until, told_until) if moment), default=None),
    )


# Who may go out


def next_try(weather: Weather) -> datetime:
    """When the rung is over, or the time that was told."""
    rung = weather.last_at + server_down_wait(weather.first_phone, weather.answers)
    return max(rung, weather.told_until) if weather.told_until else rung


def _stale(weather: Weather, now: datetime) -> bool:
    return now >= next_try(weather) + STALE


def is_shared(weather: Weather | None, now: datetime) -> bool:
    """Whether all registrations of the installation wait together now."""
    return weather is not None and weather.shared and weather.ended_at is None and not _stale(weather, now)


def spent_on(weather: Weather, attempts: Iterable[Attempt]) -> int:
    """How many registrations a phone spent on this outage."""
    mine = (a for a in attempts if a.call is CallKind.REGISTER and a.spent)
    return sum(a.ended_at >= weather.since for a in mine)


def may_register_at(weather: Weather, phone: str, spent: int) -> datetime:
    """When it is this phone's turn to be the probe of a shared outage: those that spent least go first, each in
    a place of its own, and nobody beside another probe."""
    taken = weather.probe is not None and weather.probe != phone
    begins = max(next_try(weather), weather.probe_until) if taken and weather.probe_until else next_try(weather)
    return begins + TURN * spent + SECOND * int(_share(phone) * TURN.seconds)


def claimed(weather: Weather, phone: str, at: datetime) -> Weather:
    """The weather with this phone as its probe."""
    return replace(weather, probe=phone, probe_until=at + PROBE_LASTS)


def rules(weather: Weather, first: datetime, last: datetime) -> bool:
    """Whether this outage speaks for a number's own answers 133004, from the `first` in a row to the `last`: its
    own ladder counts no more then, while the outage lasts and after its end.

    A number that met 133004 before this outage began was freed once already, or is alone with it: it keeps its
    own ladder, so that an outage that comes and goes costs it no more than one of its own.
    """
    return weather.shared and weather.since <= first and (weather.ended_at is None or last <= weather.ended_at)


# Those that wait


def postponed(wake: datetime, before: Weather, after: Weather, at: datetime) -> datetime | None:
    """When one who waits looks again after an answer put off the next try, in the same order as before; None
    where it stays as it is: somebody woke it, or it waits longer for a reason of its own."""
    begins = next_try(after)
    if not at < wake < begins:
        return None
    taken = before.probe_until is not None and wake >= before.probe_until
    origin = before.probe_until if taken and before.probe_until else next_try(before)
    return begins + min(max(wake - origin, timedelta(0)), LONGEST_TURN)


def freed_at(place: int, of: int, at: datetime) -> datetime:
    """When the `place`-th (from 0) of those that waited goes on after the end: not all in the same second."""
    each = max(FREED_A_SECOND, -(-of // FREED_IN_SECONDS))
    return at + SECOND * (1 + place // each)


def words(weather: Weather) -> str:
    """What everybody is told who waits for a shared outage."""
    many = f"{weather.waiting} numbers wait together" if weather.waiting > 1 else "The numbers wait together"
    said = (
        "The remote's registration server is down for several numbers (133004). This passes by itself. "
        f"{many} and take turns: one at a time tries, and those that spent least go first."
    )
    if next_try(weather) - weather.since < ANNOUNCE:
        return said
    return (
        f"{said} It has lasted for a while: see {STATUS_PAGE} and consider a ticket with Meta Direct Support; "
        "`linewright bundle` of a number that tried names the trace ids."
    )
