"""An account with three numbers on a stage, and posts of Meta that come to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.watch.posts import post_of

from linewright.domain.happenings import Happening
from linewright.domain.posts import kept
from linewright.simulator.truth import Number
from linewright.store import tables as t
from linewright.store.webhooks import Letter
from linewright.webhooks import Intake

__all__ = ["Post", "play"]

Story = Callable[["Post"], Awaitable[None]]


class Post:
    """An account `shop` of three online numbers, and the posts that come to it."""

    def __init__(self, stage: FleetStage, numbers: list[Number]) -> None:
        self.stage, self.numbers, self.store = stage, numbers, stage.store
        self.intake = Intake(stage.lw.office)
        self.waba = stage.store.accounts.get("shop").waba

    def come(self, *changes: dict[str, Any], at: datetime | None = None, mark: str = "") -> None:
        """A post that came now; `mark` makes it another one with the same words."""
        now = self.stage.clock.now()
        post = post_of(self.waba, at or now, changes)
        letter = Letter(
            account="shop",
            outcome="taken",
            digest=hashlib.sha256(f"{post}{mark}".encode()).hexdigest(),
            body=kept(post, self.waba),
        )
        self.store.webhooks.take([letter], now)

    async def told(self, *changes: dict[str, Any], at: datetime | None = None, mark: str = "") -> list[str]:
        """The same, worked through; the kinds of all that is known to have happened."""
        self.come(*changes, at=at, mark=mark)
        await self.intake.run_due()
        return [each.kind.value for each in self.happened()]

    def happened(self) -> list[Happening]:
        return self.store.happenings.after(0, 10_000)

    def rows(self) -> list[Any]:
        return self.read(t.webhook_events, t.webhook_events.c.seq)

    def evidence(self) -> list[Any]:
        return self.read(t.evidence, t.evidence.c.seq)

    def read(self, table: Any, order: Any) -> list[Any]:
        with self.store.database.reading() as connection:
            return list(connection.execute(select(table).order_by(order)).mappings())

    def due(self) -> datetime:
        """When the account is looked at next."""
        comes = self.store.checks.next_at()
        assert comes is not None
        return comes

    @property
    def now(self) -> datetime:
        return self.stage.clock.now()

    def phone(self, place: int = 0) -> str:
        return self.numbers[place].phone.e164.removeprefix("+")


def play(folder: Path, url: str, story: Story, **truth: Any) -> None:
    async def played() -> None:
        async with fleet_stage(folder / "stage", url) as stage:
            numbers = await stage.account("shop", 3, **truth)
            await stage.fleet.run_due()
            await story(Post(stage, numbers))

    asyncio.run(played())
