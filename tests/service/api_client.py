"""The service in this process on a jumping clock, and a program that talks to it with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from tests.support.homes import made_home

from linewright.clock import JumpingClock
from linewright.config import Settings
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.service.app import create_app
from linewright.simulator.simulator import Simulator

__all__ = ["START", "Stage", "stage_in"]

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@dataclass
class Stage:
    """`api` has every scope; `real` is the time that tokens and keys go by."""

    lw: Linewright
    simulator: Simulator
    clock: JumpingClock
    real: JumpingClock
    app: FastAPI
    api: httpx.AsyncClient

    def client(self, *scopes: str, name: str = "program") -> httpx.AsyncClient:
        """A program with a token of these scopes; without any, one without a token."""
        headers = {}
        if scopes:
            _, bearer = self.lw.office.store.api_tokens.make(name, scopes, "test", self.real.now())
            headers["Authorization"] = f"Bearer {bearer.open_secret()}"
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://service.test/api/v1", headers=headers)

    async def register(self, e164: str, **body: Any) -> httpx.Response:
        return await self.api.post(f"/numbers/{e164}/operations", json={"goal": "register", **body})

    async def until_it_rests(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Moves the clock to each time the operation names, until it waits for none."""
        while operation["state"] in ("running", "waiting"):
            self.clock.jump_to(datetime.fromisoformat(operation["wake_at"]))
            operation = (await self.api.post(f"/operations/{operation['id']}/push")).json()
        return operation

    def audit(self) -> list[dict[str, Any]]:
        from sqlalchemy import select

        from linewright.store import tables as t

        with self.lw.office.store.database.reading() as connection:
            return [dict(row) for row in connection.execute(select(t.audit).order_by(t.audit.c.seq)).mappings()]


Open = Callable[[], Any]


def stage_in(folder: Path, *, seed: int = 7, database_url: str = "") -> Open:
    """A context manager that opens a home in `folder` with the account `shop` and its twelve numbers."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Stage]:
        clock, real = JumpingClock(START), JumpingClock(START)
        simulator = Simulator(clock, seed=seed)
        home = folder / "home" if database_url else made_home(folder / "home")
        settings = Settings(home=home, graph_url="http://127.0.0.1:1", database_url=database_url)
        async with Linewright(settings=settings, clock=clock, transport=simulator.transport) as lw:
            await lw.add_account("shop", simulator.world.account.id, Secret(simulator.world.token.text))
            app = create_app(lw, public_url="http://service.test", clock=real)
            stage = Stage(lw, simulator, clock, real, app, httpx.AsyncClient())
            async with stage.client("admin", "operate", "read", name="root") as api:
                stage.api = api
                yield stage

    return opened
