"""A stage for the fleet check: accounts at the simulator, one home, both on a clock that jumps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.homes import made_home
from tests.support.stories import StageClock

from linewright.config import Settings
from linewright.domain.conditions import Condition
from linewright.face import Linewright
from linewright.fleet import FleetCheck
from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Account, Number, Token
from linewright.store.fleet import Look

__all__ = ["START", "FleetStage", "fleet_stage"]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Shape = dict[str, Any]


class FleetStage:
    """Numbers are named by their place; what is true of them is asked of the simulator."""

    def __init__(self, home: Path, database_url: str = "", *, seed: int = 1, **temper: Any) -> None:
        self.clock = StageClock(START)
        self.simulator = Simulator(self.clock, seed=seed, empty=True)
        self.door, self.remote = self.simulator.control, self.simulator.remote
        self.door.change_temper(**temper)
        self.remote.add_app()
        home = home if database_url else made_home(home)
        self.settings = Settings(home=home, graph_url="http://127.0.0.1:1", database_url=database_url)
        self.lw = Linewright(settings=self.settings, clock=self.clock, transport=self.simulator.transport)
        self.store = self.lw.office.store
        self.fleet = FleetCheck(self.lw.office)
        self.tokens: dict[str, Token] = {}
        self._lines = 0

    def at_remote(self, numbers: int, **truth: Any) -> tuple[Account, list[Number]]:
        """An account there, its app subscribed, with so many numbers of this truth (registered unless told)."""
        account = self.remote.add_account()
        account.subscribed[next(iter(self.remote.apps))] = {}
        return account, [self.line(account, **truth) for _ in range(numbers)]

    def line(self, account: Account, **truth: Any) -> Number:
        self._lines += 1
        return self.door.add_number(account.id, f"+1202555{self._lines:04d}", **{"registered": True, **truth})

    async def taken_in(self, name: str, account: Account, **token: Any) -> None:
        self.tokens[name] = self.door.add_token([account.id], **token)
        await self.lw.add_account(name, account.id, Secret(self.tokens[name].text))

    async def account(self, name: str, numbers: int = 1, **truth: Any) -> list[Number]:
        """An account there and here."""
        account, made = self.at_remote(numbers, **truth)
        await self.taken_in(name, account)
        return made

    async def run_for(self, **span: float) -> None:
        """Lives through this span as a worker's fleet check does."""
        ends = self.clock.now() + timedelta(**span)
        while True:
            await self.fleet.run_due()
            comes = self.store.checks.next_at()
            if comes is None or comes > ends:
                break
            self.clock.jump_to(comes)
        self.clock.jump_to(ends)

    def conditions(self, number: str) -> dict[str, Condition]:
        """As they are kept: what the pages show."""
        return {condition.type.value: condition for condition in self.store.conditions.of(number)}

    def said(self, number: str, *types: str) -> list[tuple[str, str]]:
        """Status and reason of these conditions."""
        found = self.conditions(number)
        return [(found[type_].status.value, found[type_].reason) for type_ in types]

    def standing(self, number: str) -> str:
        return self.store.numbers.line(number).judged.standing.value

    def calls(self, *kinds: str) -> list[LoggedCall]:
        return [call for call in self.door.calls() if call.kind in kinds]

    def warnings(self, ids: Sequence[str]) -> dict[str, str | None]:
        """The sign beside each number, as the list of the fleet shows it."""
        page, _ = self.store.fleet.page(Look(), limit=10_000)
        return {seen.number.id: seen.warning for seen in page if seen.number.id in ids}


@asynccontextmanager
async def fleet_stage(home: Path, database_url: str = "", **options: Any) -> AsyncIterator[FleetStage]:
    stage = FleetStage(home, database_url, **options)
    try:
        yield stage
    finally:
        await stage.lw.aclose()
