"""One world under two policies, side by side: what each called and asked, and when."""

from __future__ import annotations

from datetime import datetime

from bench.recovery.play import POLICIES, REFERENCES, play
from bench.recovery.score import Score
from bench.recovery.stage import Seen, Stage
from bench.recovery.worlds import World

__all__ = ["side_by_side", "timeline"]

Line = tuple[float, str]


def side_by_side(world: World, one: str, two: str) -> str:
    """The truth of the world, then both timelines."""
    hidden = [f"{name}: {value}" for name, value in world.truth.items()]
    lines = [
        f"World {world.name} ({world.e164}): {', '.join(world.troubles) or 'no trouble'}",
        f"  truth   {'; '.join(hidden)}",
        f"  given   {world.given or 'no PIN'}; heard {world.heard or 'nothing'}",
        f"  person  comes after {_span(world.owner.delay)}; PIN: {world.owner.pin}",
        *(f"  trap    {trap}" for trap in world.traps),
        *([f"  name    {world.decision[1]} after {_span(world.decision[0])}"] if world.decision else []),
    ]
    for policy in (one, two):
        told, score = timeline(world, policy)
        lines += ["", f"{policy}: {_verdict(score)}", *(f"{_span(at):>12}  {text}" for at, text in told)]
    return "\n".join(lines)


def timeline(world: World, policy: str) -> tuple[list[Line], Score]:
    """Everything that happened, with seconds from the beginning."""
    stage = Stage(world, (POLICIES | REFERENCES)[policy][0])
    score = play(world, policy, stage=stage)
    lines = [(stage.seconds(seen.call.started_at), _called(seen)) for seen in stage.wire.seen]
    lines += [(stage.seconds(at), "ONLINE" if online else "OFFLINE") for at, online in stage.wire.turns]
    for question in stage.desk.questions:
        word = "offers" if question.offer else "asks"
        lines.append((stage.seconds(question.asked_at), f"{word} the person: {question.kind}"))
        if question.answered_at is not None:
            lines.append((stage.seconds(question.answered_at), f"the person answers: {question.kind}"))
    return _folded(sorted(lines, key=lambda line: line[0])), score


def _folded(lines: list[Line]) -> list[Line]:
    """Reads in a row as one line."""
    folded: list[Line] = []
    for at, text in lines:
        if folded and text == "read ok" and folded[-1][1].startswith("read ok"):
            count = int([*folded[-1][1].split(" x "), "1"][1]) + 1
            folded[-1] = (folded[-1][0], f"read ok x {count}")
        else:
            folded.append((at, text))
    return folded


def _called(seen: Seen) -> str:
    call = seen.call
    answer = "ok" if call.code is None else f"{call.code}/{call.subcode}" if call.subcode else str(call.code)
    answer = call.fault if call.fault and not call.fault.startswith("error") else answer
    words = f" “{call.details}”" if call.details else ""
    began = " LOCK" * seen.lock_began + " BLOCK" * seen.block_began
    return f"{call.kind} {answer}{words}{began}"


def _verdict(score: Score) -> str:
    online = f"online after {_span(score.online_at)}" if score.online_at is not None else f"died: {score.died_of}"
    return f"{online}, {score.registers} registrations, asked {score.questions or 'nobody'}; {score.end}"


def _span(seconds: float | datetime | None) -> str:
    if not isinstance(seconds, int | float):
        return "never"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
