"""Following an operation by server-sent events."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.service.api_client import Stage, stage_in

from linewright.service.api import events


class Stream:
    """One GET of the app, read line by line as it comes: httpx's own transport waits for the end."""

    def __init__(self, app: FastAPI, path: str, headers: dict[str, str]) -> None:
        self._chunks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("service.test", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._chunks.put))
        self._asked = False

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def hang_up(self) -> None:
        self._gone.set()

    async def head(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._chunks.get(), 30)

    async def blocks(self) -> AsyncIterator[str]:
        while True:
            chunk = await asyncio.wait_for(self._chunks.get(), 30)
            if chunk.get("body"):
                yield chunk["body"].decode()
            if not chunk.get("more_body"):
                return

    async def rest(self) -> list[dict[str, Any]]:
        return [shape_of(block) async for block in self.blocks() if "data:" in block]


def shape_of(block: str) -> dict[str, Any]:
    (line,) = [line for line in block.splitlines() if line.startswith("data: ")]
    found: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return found


def followed(stage: Stage, operation: str, **headers: str) -> Stream:
    authorization = stage.api.headers["authorization"]
    path = f"/api/v1/operations/{operation}/events"
    return Stream(stage.app, path, {"authorization": authorization, **headers})


def test_each_change_is_told_until_the_end(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            opened = (await stage.register("+15550133006")).json()
            stream = followed(stage, opened["id"], **{"Last-Event-ID": "whatever"})
            head = await stream.head()
            assert (head["status"], dict(head["headers"])[b"content-type"]) == (
                200,
                b"text/event-stream; charset=utf-8",
            )
            told = asyncio.create_task(stream.rest())
            code = stage.simulator.control.latest_code("+15550133006")
            taken = await stage.api.post(f"/tasks/{opened['task']['id']}/answer", json={"value": code})
            done = await stage.until_it_rests(taken.json())
            shapes = await told
            assert shapes[-1] == done
            assert all(earlier != later for earlier, later in itertools.pairwise(shapes))
            assert code not in json.dumps(shapes)

    asyncio.run(story())


def test_a_stream_ends_when_the_service_stops_or_the_client_goes(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            opened = (await stage.register("+15550133016")).json()
            assert opened["state"] == "waiting"
            gone, staying = followed(stage, opened["id"]), followed(stage, opened["id"])
            for stream in (gone, staying):
                await stream.head()
            gone.hang_up()
            await asyncio.wait_for(gone.task, 30)
            stage.app.state.stopping.set()
            assert len(await staying.rest()) == 1
            await asyncio.wait_for(staying.task, 30)

    asyncio.run(story())


def test_a_heartbeat_keeps_the_way_open(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            opened = (await stage.register("+15550133016")).json()
            stopping = asyncio.Event()
            desk = stage.app.state.desk
            lines = events.lines(desk, opened["id"], stopping, welcome=lambda: True, heartbeat_seconds=0)
            assert (await anext(lines)).startswith("id: ")
            assert await anext(lines) == ": still here\n\n"
            stopping.set()
            assert [line async for line in lines] == []

    asyncio.run(story())


def test_a_revoked_token_follows_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            opened = (await stage.register("+15550133016")).json()
            stream = followed(stage, opened["id"])
            assert (await stream.head())["status"] == 200
            blocks = stream.blocks()
            assert shape_of(await anext(blocks))["state"] == "waiting"
            assert await anext(blocks) == ": still here\n\n"
            tokens = stage.lw.office.store.api_tokens
            tokens.revoke(next(token.id for token in tokens.all() if token.name == "root"), stage.real.now())
            rest = [block async for block in blocks]
            assert not any("data:" in block for block in rest)
            await asyncio.wait_for(stream.task, 30)

    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0)
    asyncio.run(story())


def test_an_operation_that_nobody_knows(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage_in(tmp_path)() as stage:
            missing = await stage.api.get("/operations/op-nobody/events")
            assert (missing.status_code, missing.json()["reason"]) == (404, "unknown-operation")
            ended = (await stage.register("+15550100001")).json()
            once = await stage.api.get(f"/operations/{ended['id']}/events")
            assert shape_of(once.text) == ended

    asyncio.run(story())
