"""What became of one world under one policy, read from the simulator's log and truth, never from a policy's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.recovery.stage import Seen, Stage

__all__ = ["CAP", "Breach", "Score", "breaches", "needed", "score"]

CAP = 10
WINDOW = timedelta(hours=72)
MARKS = (timedelta(hours=72), timedelta(days=7))
PIN_WRONG, LOCKED, TOO_SOON, BLOCKED = 133005, 133008, 133009, 133016


@dataclass(frozen=True)
class Breach:
    """A call that a careful caller would not have made, knowing what this one had been told.

    `repeated`: a PIN that had been refused, and no change of the PIN since. `guessed`: after a refusal a PIN that
    neither the person gave nor a call had set. `too soon`: inside a wait it was told of. `past the cap`: the
    eleventh registration, or a later one, of 72 hours.
    """

    kind: str
    at: datetime


@dataclass
class Score:
    """One play. Times are in seconds from the beginning, None for never."""

    world: str
    policy: str
    online_at: float | None
    online: dict[str, bool]
    """At 72 hours and at seven days."""
    registers: int
    deregisters: int
    wrong_pins: int
    locks: int
    blocks: int
    caused_locks: int
    caused_blocks: int
    breaches: list[str]
    questions: list[str]
    needless: list[str]
    offers: int
    end: str
    died_of: str | None
    said_online: bool
    trace: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "trace"}


def score(stage: Stage, policy: str, end: str) -> Score:
    """Reads the log of a finished play; the rest of the seven days passes without anybody."""
    stage.clock.jump_to(stage.ends)
    stage.wire.look()
    registers = [seen for seen in stage.wire.seen if seen.call.kind == "register"]
    fingerprint = stage.simulator.face.log.fingerprint
    given = {fingerprint(pin) for pin in stage.desk.said}
    found = list(breaches(stage.wire.seen, given, stage.desk.switched_off))
    asked = [question for question in stage.desk.questions if not question.offer]
    online = {_label(mark): _online_at(stage, stage.began + mark) for mark in MARKS}
    last = online[_label(MARKS[-1])]
    return Score(
        world=stage.world.name,
        policy=policy,
        online_at=_since_when(stage),
        online=online,
        registers=len(registers),
        deregisters=sum(seen.call.kind == "deregister" for seen in stage.wire.seen),
        wrong_pins=sum(_wrong(seen) for seen in registers),
        locks=sum(seen.lock_began for seen in registers),
        blocks=sum(seen.block_began for seen in registers),
        caused_locks=_caused(found, [seen for seen in registers if seen.lock_began]),
        caused_blocks=_caused(found, [seen for seen in registers if seen.block_began]),
        breaches=[breach.kind for breach in found],
        questions=[question.kind for question in asked],
        needless=_needless(stage),
        offers=len(stage.desk.questions) - len(asked),
        end=end,
        died_of=None if last else _died_of(stage, end),
        said_online=end.startswith(("ok", "done")),
    )


def _label(mark: timedelta) -> str:
    return f"{mark.total_seconds() / 3600:.0f}h"


def _online_at(stage: Stage, moment: datetime) -> bool:
    states = [online for at, online in stage.wire.turns if at <= moment]
    return bool(states) and states[-1]


def _since_when(stage: Stage) -> float | None:
    """Since when it has been online and stayed so; None when it is not online at the end."""
    turns = stage.wire.turns
    return stage.seconds(turns[-1][0]) if turns and turns[-1][1] else None


def _wrong(seen: Seen) -> bool:
    return seen.call.happened and (seen.call.code == PIN_WRONG or seen.lock_began)


# Breaches


def breaches(seen: list[Seen], given: set[str], switched_off: Sequence[datetime] = ()) -> Iterator[Breach]:
    """The calls of a log that broke what the caller had been told. `given` are the PINs that a person gave, by the
    fingerprints of the log; `switched_off` when a person said that no PIN is needed any more."""
    heard: set[str] = set()
    changes = list(switched_off)
    known: set[str] = set()
    holds: datetime | None = None
    sent: list[datetime] = []
    for each in seen:
        call = each.call
        pin = call.secrets.get("pin")
        if call.kind == "set_pin" and call.code is None and call.delivered and pin:
            heard.clear()
            known.add(pin)
        if call.kind != "register":
            continue
        at = call.started_at
        while changes and changes[0] <= at:
            changes.pop(0)
            heard.clear()
        sent = [moment for moment in sent if at - moment < WINDOW]
        if pin in heard:
            yield Breach("repeated", at)
        elif heard and pin not in known and pin not in given:
            yield Breach("guessed", at)
        if holds is not None and at < holds:
            yield Breach("too soon", at)
        if len(sent) >= CAP:
            yield Breach("past the cap", at)
        sent.append(at)
        if not call.delivered:
            continue
        if call.code in (PIN_WRONG, LOCKED) and _wrong(each) and pin:
            heard.add(pin)
        holds = each.holds_until if call.code in (LOCKED, TOO_SOON, BLOCKED) else holds


def _caused(found: list[Breach], began: list[Seen]) -> int:
    """Locks or blocks that began at or after a breach of ours."""
    return sum(any(breach.at <= seen.call.started_at for breach in found) for seen in began)


# Needs


def needed(stage: Stage) -> Counter[str]:
    """How many questions of each kind this world takes to come online under the account's settings.

    A person who is mistaken of their PIN is asked twice, and one who came too late for their code again after each
    *resend*: only somebody who knows when they will come could do without.
    """
    world = stage.world
    wants = Counter[str]()
    if "not_ours" in world.troubles:
        return wants
    if not world.truth.get("verified", True):
        wants["otp"] = 1 + sum(question.answer == "resend" for question in stage.desk.questions)
    pin = world.truth.get("pin")
    if pin is not None and world.given != pin and stage.job.pin_reset == "ask":
        wants["pin"] = 2 if world.owner.pin == "is_mistaken_first" else 1
    if world.decision is not None and world.decision[1] == "DECLINED":
        wants["fix"] = 1
    return wants


def _needless(stage: Stage) -> list[str]:
    """The questions beyond those that were needed, by their kinds; an offer, for which nothing waits, is none."""
    asked = Counter(question.kind for question in stage.desk.questions if not question.offer)
    return sorted((asked - needed(stage)).elements())


def _died_of(stage: Stage, end: str) -> str:
    """Why the number is not online at the end, in a few words."""
    if "not_ours" in stage.world.troubles:
        return "cannot be brought online"
    waiting = [question for question in stage.desk.questions if question.answered_at is None and not question.offer]
    if waiting:
        silent = waiting[-1].due is None
        return f"nobody answered ({waiting[-1].kind})" if silent else f"a question was left open ({waiting[-1].kind})"
    codes = [seen.call.code for seen in stage.wire.seen if seen.call.kind in ("register", "verify_code")]
    last = next((code for code in reversed(codes) if code is not None), None)
    return f"stopped at {last}" if last is not None else f"stopped: {end}"
