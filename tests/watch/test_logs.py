"""The log: in words or as JSON, with the ids of what it is about and without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.service.api_client import stage_in
from tests.service.page_client import played
from tests.support.processes import Terminal

from linewright.config import Settings, load
from linewright.errors import UsageError
from linewright.logs import about, begin
from linewright.simulator.simulator import RunningSimulator

KEYS = {"time", "level", "logger", "message", "operation", "number", "account", "error"}
TOKEN = "EAA" + "b1" * 30
BEARER = "lwl_" + "c" * 30


Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    root, kept, level = logging.getLogger(), list(logging.getLogger().handlers), logging.getLogger().level
    ours = logging.getLogger("linewright")
    before = ours.level
    ours.setLevel(logging.NOTSET)  # an earlier test may have quieted it
    yield
    ours.setLevel(before)
    root.handlers[:] = kept
    root.setLevel(level)


def lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.readouterr().err.splitlines()]


def test_one_object_a_line(capsys: Said) -> None:
    begin("info", "json")
    logging.getLogger("linewright.test").info("first\nsecond %s", "é")
    logging.getLogger("linewright.test").debug("not at this level")
    (line,) = lines(capsys)
    assert set(line) == KEYS
    assert (line["level"], line["logger"], line["message"]) == ("info", "linewright.test", "first\nsecond é")
    assert line["time"].endswith("Z")
    assert [line[key] for key in ("operation", "number", "account", "error")] == [None] * 4


def test_ids_are_those_of_the_innermost(capsys: Said) -> None:
    begin("info", "json")
    log = logging.getLogger("linewright.test")
    with about(account="shop"):
        log.info("check")
        with about(operation="op1", number="106", account="shop"):
            log.info("turn")
        log.info("check")
    log.info("nothing")
    told = [(line["operation"], line["number"], line["account"]) for line in lines(capsys)]
    assert told == [(None, None, "shop"), ("op1", "106", "shop"), (None, None, "shop"), (None, None, None)]


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_become_dots(capsys: Said, form: str) -> None:
    begin("info", form)
    try:
        raise ValueError(f"{TOKEN} in an error")
    except ValueError:
        logging.getLogger("somebody.else").exception("%s and %s", TOKEN, BEARER)
    said = capsys.readouterr().err
    assert TOKEN not in said
    assert BEARER not in said
    assert "ValueError" in said
    assert said.count("••••") >= 3


@played
async def test_a_turn_says_whose_it_is(tmp_path: Path, capsys: Said) -> None:
    """Whatever is logged inside a turn, by whomever."""
    async with stage_in(tmp_path)() as stage:
        begin("debug", "json")
        send = stage.lw.office.clients.of("shop").read_number

        async def talks(number: str) -> Any:
            logging.getLogger("linewright.test").warning("reads")
            return await send(number)

        stage.lw.office.clients.of("shop").read_number = talks  # type: ignore[method-assign] # a client that talks
        operation = (await stage.register("+15550133010")).json()
        await stage.until_it_rests(operation)
    mine = [line for line in lines(capsys) if line["message"] == "reads"]
    assert mine
    number = operation["number"]["id"]
    assert {(line["operation"], line["number"], line["account"]) for line in mine} == {
        (operation["id"], number, "shop")
    }


@played
async def test_each_call_that_writes_is_a_line(tmp_path: Path, capsys: Said) -> None:
    async with stage_in(tmp_path)() as stage:
        begin("info", "json")
        logging.getLogger("linewright").setLevel(logging.INFO)  # the stage is quiet
        operation = (await stage.register("+15550133006")).json()
        await stage.until_it_rests(operation)
    mine = [line for line in lines(capsys) if line["logger"] == "linewright.witness"]
    of = f"number {operation['number']['id']} of shop"
    assert [line["message"].split(" (")[0] for line in mine] == [
        f"register, {of}: refused 133006",
        f"request_code, {of}: ok",
    ]
    assert all("fbtrace_id A" in line["message"] and line["operation"] == operation["id"] for line in mine)


def test_the_setting_is_one_of_two(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).log_format == "text"
    (tmp_path / "linewright.toml").write_text('log_format = "xml"\n')
    with pytest.raises(UsageError, match="LINEWRIGHT_LOG_FORMAT"):
        load(tmp_path)


def test_a_process_logs_json(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with RunningSimulator() as simulator:
        settings = {"graph_url": simulator.graph_url, "log": "debug", "log_format": "json"}
        terminal = Terminal(home, tmp_path, settings)
        world = simulator.world
        added = terminal("account", "add", "demo", "--waba", world.account.id, stdin=world.token.text)
        assert added.status == 0, added.err
        ran = terminal("register", "+15550133010", "--wait")
        assert ran.status == 0, ran.err
    for line in (added.err + ran.err).splitlines():
        if line.startswith("{"):
            assert set(json.loads(line)) == KEYS
    assert world.token.text not in added.err + ran.err
