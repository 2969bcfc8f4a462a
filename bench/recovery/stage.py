"""One world on the simulator: the truth, the wire to it with a witness on it, and the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from bench.recovery.clock import BenchClock
from bench.recovery.person import Desk
from bench.recovery.worlds import World
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Number, Temper

__all__ = ["HORIZON", "TIMES_OUT", "Job", "Seen", "Stage", "Wire"]

HORIZON = timedelta(days=7)
TIMES_OUT = 30
"""Seconds that a caller waits for an answer that never comes; every other call takes no time."""
SEED = 1
"""Of the simulator: with one seed for all, tokens and accounts are alike, and wordings go by the phone."""


@dataclass(frozen=True)
class Job:
    """All that a policy is told: what somebody has who wants to bring a number online. `pin` is the one they gave,
    `heard` an error that sends fail with, `pin_reset` whether a PIN may be set anew without asking."""

    account: str
    token: str = field(repr=False)
    number: str
    e164: str
    pin: str | None
    heard: int | None
    pin_reset: str


@dataclass(frozen=True)
class Seen:
    """A call, with what began at it in truth: a lock, a block, and until when a wait holds that it was told of."""

    call: LoggedCall
    lock_began: bool
    block_began: bool
    holds_until: datetime | None


class Wire(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The way to the remote. It passes every byte on as it is, and notes what each call did to the truth."""

    def __init__(self, simulator: Simulator, number: Number, clock: BenchClock) -> None:
        self._inner, self._log = simulator.transport, simulator.face.log
        self._number, self._clock = number, clock
        self.seen: list[Seen] = []
        self.turns: list[tuple[datetime, bool]] = []
        """When the number came online or went offline, in truth."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        before = self._state()
        try:
            return self._inner.handle_request(request)
        except httpx.ReadTimeout:
            self._clock.advance(TIMES_OUT)
            raise
        finally:
            self._note(before)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        before = self._state()
        try:
            return await self._inner.handle_async_request(request)
        except httpx.ReadTimeout:
            self._clock.advance(TIMES_OUT)
            raise
        finally:
            self._note(before)

    def _state(self) -> tuple[datetime | None, datetime | None]:
        return self._number.phone.locked_until, self._number.phone.register.blocked_until

    def _note(self, before: tuple[datetime | None, datetime | None]) -> None:
        locked, blocked = self._state()
        call = self._log.since(len(self._log.since()) - 1)[0]
        phone = self._number.phone
        told = {133008: phone.locked_until, 133009: phone.pin_hold_until, 133016: blocked}.get(call.code or 0)
        self.seen.append(Seen(call, locked != before[0], blocked != before[1], told))
        self.look()

    def look(self) -> None:
        """Notes it when the number has come online or gone offline since the last look."""
        now = bool(self._number.registered and not self._number.certificate_fault)
        if now != (self.turns[-1][1] if self.turns else False):
            self.turns.append((self._clock.now(), now))


class Stage:
    """One playing of one world."""

    def __init__(self, world: World, pin_reset: str) -> None:
        self.world = world
        self.clock = BenchClock()
        self.simulator = Simulator(self.clock, seed=SEED, temper=Temper(**world.temper), empty=True)
        remote, door = self.simulator.remote, self.simulator.control
        app, account = remote.add_app(), remote.add_account()
        token = remote.add_token([account.id], app=app.id)
        self.began = self.clock.now()
        self.number = door.add_number(account.id, world.e164, **world.truth)
        if world.decision is not None:
            at, status = world.decision
            door.change_number(self.number.id, name_decision={"at": at, "status": status})
        self.traps = [
            door.add_fault(trap.on, trap.do, times=trap.times, until=trap.until, error=trap.error)
            for trap in world.traps
        ]
        self.door = door
        self.wire = Wire(self.simulator, self.number, self.clock)
        self.wire.look()
        self.desk = Desk(world, door, self.number.id, self.clock)
        self.ends = self.began + HORIZON
        self.job = Job(
            account=account.id,
            token=token.text,
            number=self.number.id,
            e164=world.e164,
            pin=world.given,
            heard=world.heard,
            pin_reset=pin_reset,
        )

    def seconds(self, moment: datetime) -> float:
        """Since the beginning."""
        return (moment - self.began).total_seconds()
