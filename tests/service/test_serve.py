"""`linewright serve` as real processes: what it prints and logs, how it stops, and several of it on one database."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.databases import Postgres
from tests.support.street import Street, lived_in, said, until

from linewright.service.server import LastProxy

NEVER, DELETED = "+15550133010", "+15550133015"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.cleaned()


@pytest.fixture
def street(tmp_path: Path, database_url: str) -> Iterator[Street]:
    yield from lived_in(tmp_path, database_url)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Street]:
    """On SQLite only."""
    yield from lived_in(tmp_path, "")


def test_page_rest_and_worker_in_one_process(street: Street) -> None:
    child, told = street.serve()
    assert told["worker"] is True
    assert told["public_url"] == told["url"]
    assert street.terminal("worker", "--check").status == 0
    with street.program(told["url"]) as api:
        opened = api.post(f"/numbers/{DELETED}/operations", json={"goal": "register"})
        assert opened.status_code == 201
        id = opened.json()["id"]
        until(lambda: api.get(f"/operations/{id}").json()["state"] == "done")
    ran = street.stop(child)
    assert ran.status == 0
    assert street.terminal("worker", "--check").status == 3


def test_a_stream_and_an_idle_connection_do_not_hold_it_up(street: Street) -> None:
    child, told = street.serve("--no-worker")
    with street.program(told["url"]) as api, httpx.Client() as idle:
        idle.get(f"{told['url']}/healthz")
        id = api.post(f"/numbers/{DELETED}/operations", json={"goal": "register"}).json()["id"]
        with api.stream("GET", f"/operations/{id}/events") as events:
            lines = events.iter_lines()
            assert any(line.startswith("data:") for line in lines)
            os.kill(child.process.pid or 0, signal.SIGINT)
            for line in lines:
                assert line.startswith(("id:", "event:", "data:", ":")) or not line
    ran = street.stop(child)
    assert ran.status == 0
    assert "Traceback" not in ran.err, ran.err[ran.err.index("Traceback") :]


def test_two_services_and_a_worker_share_one_database(street: Street) -> None:
    (first, told), (second, told_too) = street.serve("--no-worker"), street.serve("--no-worker")
    worker = street.begin("worker")
    until(lambda: street.terminal("worker", "--check").status == 0)
    with street.program(told["url"]) as api, street.program(told_too["url"]) as other:
        opened = api.post(f"/numbers/{NEVER}/operations", json={"goal": "register"}).json()
        joined = other.post(f"/numbers/{NEVER}/operations", json={"goal": "register"})
        assert (joined.status_code, joined.json()["id"]) == (200, opened["id"])
        until(lambda: other.get(f"/operations/{opened['id']}").json()["state"] == "done")
    assert sum(call.kind == "register" for call in street.simulator.control.calls()) == 1
    assert [street.stop(each).status for each in (first, second, worker)] == [0, 0, 0]


def test_nothing_that_opens_something_is_in_the_log(alone: Street) -> None:
    child, told = alone.serve()
    opened = alone.terminal("register", "+15550133006", "--by-link", "--json", "--wait")
    assert opened.status == 3, opened.err
    link = next(word for word in opened.err.split() if word.startswith(f"{told['url']}/l/lwl_"))
    assert httpx.get(link).status_code == 200
    assert httpx.get(told["first_admin"]).status_code == 200
    assert httpx.get(f"{told['url']}/fleet?q={link.rsplit('/', 1)[1]}").status_code == 303
    ran = alone.stop(child)
    for address in (link, told["first_admin"]):
        assert address.rsplit("/", 1)[1] not in ran.err
    assert "GET /l/•••• 200" in ran.err
    assert "GET /welcome/•••• 200" in ran.err


def test_the_first_admins_link_is_printed_until_somebody_can_log_in(alone: Street) -> None:
    child = alone.begin("serve", "--port", "0")
    until(lambda: "/welcome/lwi_" in said(child, "out"))
    ran = alone.stop(child)
    assert "Nobody can log in yet" in ran.out
    assert "/welcome/" not in ran.err


def test_what_stands_in_the_way_is_said_in_a_line(alone: Street) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        refused = alone.terminal("serve", "--port", str(port), "--json")
    assert refused.status == 2
    assert refused.document["error"]["reason"] == "port-taken"
    nowhere = alone.terminal("serve", "--port", "0", "--json", home="/proc/none")
    assert nowhere.status == 6
    assert nowhere.document["error"]["reason"] == "home"


def test_a_proxy_is_believed_only_when_told_and_only_in_its_last_word(alone: Street) -> None:
    """What a client writes before it is nobody's address."""
    for words, behind in (((), False), (("--behind-proxy",), True)):
        child, told = alone.serve("--no-worker", *words)
        path = f"{told['url']}/l/lwl_nothing"
        for serial in range(21):
            wrong = httpx.get(path, headers={"X-Forwarded-For": f"198.51.100.{serial}, 203.0.113.5"})
        assert wrong.status_code == 429
        other = httpx.get(path, headers={"X-Forwarded-For": "203.0.113.5, 203.0.113.6"})
        assert other.status_code == (404 if behind else 429)
        assert alone.stop(child).status == 0


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("10.0.0.2", ["203.0.113.5"], "203.0.113.5"),
        ("::ffff:10.0.0.2", ["6.6.6.6, 203.0.113.5:4711"], "203.0.113.5"),
        ("fd00::2", ["6.6.6.6", "[2001:db8::5]:4711"], "2001:db8::5"),
        ("127.0.0.1", ["6.6.6.6, 192.168.1.50"], "192.168.1.50"),
        ("127.0.0.1", ["6.6.6.6, unknown"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("203.0.113.9", ["6.6.6.6"], "203.0.113.9"),
    ],
)
def test_only_a_proxy_that_is_near_names_the_person(peer: str, lines: list[str], address: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    asyncio.run(LastProxy(app)(scope, receive=asyncio.Queue[Any]().get, send=asyncio.Queue[Any]().put))
    assert seen == [address]
