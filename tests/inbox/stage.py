"""An inbox on a service, a courier of the simulator that posts to it, and a number whose verification has lapsed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from tests.service.api_client import Stage, stage_in

from linewright.inbox_desk import InboxDesk, address_of
from linewright.secret import Secret
from linewright.senders import new_secret
from linewright.store import tables as t

__all__ = ["COURIERS", "NUMBER", "Post", "play"]

NUMBER = "+15550133006"
PUBLIC = "http://service.test"
COURIERS = {
    "twilio": "twilio",
    "vonage": "vonage",
    "vonage-jwt": "vonage",
    "telnyx": "telnyx",
    "generic": "generic",
    "bearer": "generic",
}
"""Each kind of courier, and the kind of inbox for it."""


class Post:
    """The stage of one story."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient) -> None:
        self.stage, self.client = stage, client
        self.store = stage.lw.office.store
        self.door = stage.simulator.control
        self.couriers = stage.simulator.face.couriers
        self.desk = InboxDesk(stage.lw.office, PUBLIC)
        self.secrets: list[str] = []

    def opens(self, courier: str = "twilio", name: str = "main", *, account: str | None = None, **manner: Any) -> None:
        """An inbox, and a courier that posts there."""
        kind = COURIERS[courier]
        given = new_secret().open_secret() if kind == "generic" else None
        made = self.door.add_courier(address_of(PUBLIC, name), courier, given, **manner)
        self.secrets.append(made["secret"])
        self.desk.add(name, kind, Secret(made["secret"]), account=account, who="test")

    async def posts(self, **span: float) -> int:
        """What is due by then is posted; how many posts that were."""
        if span:
            self.stage.clock.advance(timedelta(**span).total_seconds())
        return await self.couriers.deliver_due(self.client)

    async def texts(self, text: str, to: str = NUMBER, **more: Any) -> None:
        """Any message to a phone comes."""
        self.door.send_text(to, text, **more)
        await self.posts()

    async def registers(self, **body: Any) -> dict[str, Any]:
        return await self.stage.until_it_rests((await self.stage.register(NUMBER, **body)).json())

    async def goes_on(self, operation: dict[str, Any]) -> dict[str, Any]:
        pushed = (await self.stage.api.post(f"/operations/{operation['id']}/push")).json()
        return await self.stage.until_it_rests(pushed)

    def wrong(self) -> str:
        """Six digits that are not the code."""
        return f"{(int(self.door.latest_code(NUMBER)) + 1) % 1_000_000:06d}"

    def calls(self, kind: str) -> list[Any]:
        return [call for call in self.door.calls() if call.kind == kind]

    def counted(self, name: str = "main") -> dict[str, int]:
        return {outcome: tally.count for outcome, tally in self.store.inboxes.tallies(self.id_of(name)).items()}

    def id_of(self, name: str) -> str:
        return self.store.inboxes.find(name).id if name else ""

    def kept(self) -> list[Any]:
        """The messages of which a code is kept."""
        query = select(t.inbox_messages).where(t.inbox_messages.c.code.is_not(None))
        with self.store.database.reading() as connection:
            return list(connection.execute(query).mappings())

    def online(self) -> bool:
        return bool(self.door.number(NUMBER)["online"])


def play(folder: Path, story: Callable[[Post], Awaitable[None]], url: str = "") -> None:
    async def played() -> None:
        async with stage_in(folder, database_url=url)() as stage:
            transport = httpx.ASGITransport(stage.app)
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
                await story(Post(stage, client))

    asyncio.run(played())
