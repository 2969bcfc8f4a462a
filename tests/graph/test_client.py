"""The client's own part: paging, fields that a version does not know, and every call against the simulator."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from graph_server import ScriptedServer, reply

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.graph import GraphClient
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator

TOKEN = Secret("EAAGclient0token0that0nobody0may0see0ZD")


def unknown_field(name: str) -> bytes:
    message = f"(#100) Tried accessing nonexisting field ({name}) on node type (WhatsAppBusinessPhoneNumber)"
    body = {"error": {"message": message, "type": "OAuthException", "code": 100, "fbtrace_id": "T"}}
    return reply(body, status="400 Bad Request")


def page(*ids: str, after: str | None = None, more: bool = True) -> bytes:
    paging: dict[str, Any] = {}
    if after is not None:
        paging["cursors"] = {"before": "B", "after": after}
    if more:
        paging["next"] = f"http://127.0.0.1:1/elsewhere?access_token={TOKEN.open_secret()}"
    return reply({"data": [{"id": name} for name in ids], "paging": paging})


async def listed(server: ScriptedServer) -> Answer:
    async with server, GraphClient(TOKEN, base_url=server.url) as client:
        return await client.list_numbers("100")


def test_all_pages_become_one_answer_by_cursor() -> None:
    looks_like_a_token = "QV" + "EAA" * 12
    server = ScriptedServer(
        page("1", "2", after=looks_like_a_token), page(after="Second"), page("3", after="Last", more=False)
    )
    answer = asyncio.run(listed(server))
    assert (answer.outcome, answer.body) == (Outcome.OK, {"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})
    assert "after" not in server.heard[0].line
    assert f"after={looks_like_a_token}" in server.heard[1].line
    assert "after=Second" in server.heard[2].line


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([page("1", after="A"), page("2", after="A")], id="the same cursor again"),
        pytest.param([page("1", after="A"), page("2", after="B"), page("3", after="A")], id="in a circle"),
        pytest.param([page("1")], id="a next page without a cursor"),
    ],
)
def test_a_listing_that_may_be_incomplete_is_in_doubt(script: list[bytes]) -> None:
    answer = asyncio.run(listed(ScriptedServer(*script)))
    assert (answer.outcome, answer.body) == (Outcome.IN_DOUBT, {})
    assert answer.failure == "The listing of the numbers has no end."


def test_a_page_that_fails_is_the_answer() -> None:
    error = {"error": {"message": "(#131059) bad cursor", "code": 131059}}
    answer = asyncio.run(listed(ScriptedServer(page("1", after="A"), reply(error, status="400 Bad Request"))))
    assert answer.error is not None
    assert (answer.outcome, answer.error.code, answer.body) == (Outcome.REFUSED, 131059, {})


def test_an_unknown_field_is_left_out_from_then_on() -> None:
    async def play() -> tuple[list[Answer], ScriptedServer, set[str]]:
        good = reply({"id": "300", "status": "CONNECTED"})
        script = (unknown_field("is_on_biz_app"), unknown_field("throughput"), good, good, page("300", more=False))
        async with (
            ScriptedServer(*script) as server,
            GraphClient(TOKEN, base_url=server.url, unsupported_fields={"health_status"}) as client,
        ):
            answers = [
                await client.read_number("300"),
                await client.read_number("300"),
                await client.list_numbers("100"),
            ]
            return answers, server, client.unsupported_fields

    answers, server, unsupported = asyncio.run(play())
    assert [answer.outcome for answer in answers] == [Outcome.OK] * 3
    assert unsupported == {"health_status", "is_on_biz_app", "throughput"}
    asked = [line.line for line in server.heard]
    assert len(asked) == 5
    assert ["is_on_biz_app" in line for line in asked] == [True, False, False, False, False]
    assert ["throughput" in line for line in asked] == [True, True, False, False, False]
    assert not any("health_status" in line for line in asked)


@pytest.mark.parametrize("name", ["phone_numbers", "made_up"])
def test_a_field_that_was_not_asked_for_is_told_and_not_learned(name: str) -> None:
    async def play() -> tuple[Answer, set[str]]:
        async with (
            ScriptedServer(unknown_field(name)) as server,
            GraphClient(TOKEN, base_url=server.url) as client,
        ):
            return await client.list_numbers("100"), client.unsupported_fields

    answer, unsupported = asyncio.run(play())
    assert (answer.outcome, unsupported) == (Outcome.REFUSED, set())


def test_a_remote_that_says_the_same_for_ever_is_asked_twice() -> None:
    async def play() -> tuple[Answer, ScriptedServer]:
        async with (
            ScriptedServer(unknown_field("throughput"), unknown_field("throughput")) as server,
            GraphClient(TOKEN, base_url=server.url) as client,
        ):
            return await client.read_number("300"), server

    answer, server = asyncio.run(play())
    assert answer.outcome is Outcome.REFUSED
    assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("body", "storage"),
    [
        ({"storage_configuration": {"status": "DEFAULT"}}, {"status": "DEFAULT"}),
        ({"storage_configuration": None}, None),
        ({}, None),
    ],
)
def test_storage_settings_are_an_object_or_none(body: dict[str, Any], storage: dict[str, Any] | None) -> None:
    async def play() -> Answer:
        async with ScriptedServer(reply(body)) as server, GraphClient(TOKEN, base_url=server.url) as client:
            return await client.read_storage("300")

    answer = asyncio.run(play())
    assert (answer.outcome, answer.body) == (Outcome.OK, {"storage_configuration": storage})


def test_every_call_against_the_simulator(linewright_simulator: Simulator) -> None:
    world = linewright_simulator.world
    waba, number = world.account.id, world.numbers["133010"].id
    new = "15550100777"

    async def play() -> dict[str, Answer]:
        async with GraphClient(Secret(world.token.text), transport=linewright_simulator.transport) as client:
            return {
                "account": await client.read_account(waba),
                "token": await client.debug_token(),
                "apps": await client.subscribed_apps(waba),
                "subscribe": await client.subscribe(waba),
                "before": await client.read_number(number),
                "register": await client.register(number, Secret("246810")),
                "after": await client.read_number(number),
                "set_pin": await client.set_pin(number, Secret("135791")),
                "deregister": await client.deregister(number),
                "keep": await client.keep_storage(
                    number, {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "DE"}
                ),
                "storage": await client.read_storage(number),
                "create": (made := await client.create_number(waba, "1", new[1:], "Test")),
                "request_code": await client.request_code(made.body["id"], "SMS", "en_US"),
                "wrong_code": await client.verify_code(made.body["id"], Secret("000000")),
                "numbers": await client.list_numbers(waba),
                "missing": await client.read_number("77"),
            }

    said = asyncio.run(play())
    refused = {name: answer.error for name, answer in said.items() if answer.outcome is not Outcome.OK}
    assert {name: error.code if error else None for name, error in refused.items()} == {
        "wrong_code": 136025,
        "missing": 100,
    }
    assert said["before"].body["status"] != said["after"].body["status"] == "CONNECTED"
    assert said["token"].body["app_id"] == world.app.id
    assert said["storage"].body["storage_configuration"]["data_localization_region"] == "DE"
    assert len(said["numbers"].body["data"]) == len(world.numbers) + 1
    assert all(answer.fbtrace_id for answer in said.values())
    assert said["register"].call is CallKind.REGISTER


def test_the_package_is_imported_without_httpx() -> None:
    program = (
        "import sys, linewright.graph, linewright.graph.wire, linewright.graph.judge;"
        "assert 'httpx' not in sys.modules; linewright.graph.GraphClient; assert 'httpx' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
