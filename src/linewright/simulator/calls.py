"""The simulator's log of every call: what was asked, when, and how it ended, with secrets as fingerprints."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["CallLog", "LoggedCall", "as_text"]


@dataclass
class LoggedCall:
    """One call. `began` and `ended` count upward over all calls, so that two calls overlap exactly when each
    began before the other ended, even while the clock stands still; `ended` is None for a call still open.

    `code` and `subcode` are None for a 200; `fault` is what a fault did; `happened` says whether the call
    reached the rules, `delivered` whether its answer left. `secrets` holds a keyed fingerprint per secret sent
    (token, pin, code): the same value gives the same fingerprint, and nothing leads back.
    """

    seq: int
    started_at: datetime
    began: int
    method: str
    path: str
    kind: str
    target: str | None
    e164: str | None
    secrets: dict[str, str] = field(default_factory=dict)
    ended_at: datetime | None = None
    ended: int | None = None
    http_status: int | None = None
    code: int | None = None
    subcode: int | None = None
    details: str | None = None
    fbtrace_id: str | None = None
    fault: str | None = None
    happened: bool = False
    delivered: bool = False

    def overlaps(self, other: LoggedCall) -> bool:
        """Whether both calls were open at the same moment."""
        ends = [call.ended if call.ended is not None else float("inf") for call in (self, other)]
        return self.began < ends[1] and other.began < ends[0]

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        return shown | {"started_at": as_text(self.started_at), "ended_at": as_text(self.ended_at)}


class CallLog:
    """All calls, in the order in which they came in."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.sha256(f"log|{seed}".encode()).digest()
        self._ticks = 0
        self._calls: list[LoggedCall] = []

    def begin(
        self, now: datetime, method: str, path: str, kind: str, target: str | None, e164: str | None
    ) -> LoggedCall:
        """Note that a call came in."""
        call = LoggedCall(len(self._calls) + 1, now, self._tick(), method, path, kind, target, e164)
        self._calls.append(call)
        return call

    def end(self, call: LoggedCall, now: datetime) -> None:
        """Note that it was answered, or will never be."""
        call.ended_at = now
        call.ended = self._tick()

    def fingerprint(self, secret: str) -> str:
        """What stands for a secret in the log."""
        return hmac.new(self._key, secret.encode(), hashlib.sha256).hexdigest()[:16]

    def since(self, seq: int = 0, *, at: datetime | None = None) -> list[LoggedCall]:
        """The calls after number `seq`, and, if given, those that came in at or after `at`."""
        return [call for call in self._calls[seq:] if at is None or call.started_at >= at]

    def overlapping(self) -> list[tuple[LoggedCall, LoggedCall]]:
        """Pairs of calls to one phone that were open at the same time."""
        found: list[tuple[LoggedCall, LoggedCall]] = []
        open_calls: dict[str, list[LoggedCall]] = {}
        for call in self._calls:
            if call.e164 is None:
                continue
            earlier = [other for other in open_calls.get(call.e164, []) if other.overlaps(call)]
            found.extend((other, call) for other in earlier)
            open_calls[call.e164] = [*earlier, call]
        return found

    def _tick(self) -> int:
        self._ticks += 1
        return self._ticks


def as_text(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
