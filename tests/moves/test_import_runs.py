"""An import is carried on row by row: nothing twice, nothing lost, each at its end and told in its result file."""

from __future__ import annotations

import csv as table
import io
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.moves.test_import_check import also, bad, csv, writes
from tests.service.api_client import Stage, stage_in
from tests.service.page_client import played

from linewright import importer
from linewright.domain.number import Wanted
from linewright.errors import UsageError
from linewright.import_shapes import result_cell
from linewright.importer import Importer
from linewright.secret import Secret
from linewright.store import tables as t

Open = Callable[[], Any]
EACH = ("133000", "133004", "133006", "133009", "133010", "133015", "100001")


async def result(stage: Stage, id: str) -> dict[str, dict[str, str]]:
    text = await stage.lw.import_result(id)
    return {row["phone"]: row for row in table.DictReader(io.StringIO(text))}


def sent(stage: Stage, kind: str) -> Counter[str]:
    """How many calls of a kind each target got."""
    calls = stage.simulator.control.calls()
    return Counter(call.e164 or str(call.target) for call in calls if call.kind == kind and call.happened)


async def driven(stage: Stage, id: str) -> dict[str, Any]:
    """To its end, with people who answer; a code that came while nobody looked is asked for anew."""
    while (seen := await stage.lw.drive_import(id))["state"] == "asking":
        for task in await stage.lw.tasks():
            if "value" not in task["answers"]:
                await stage.lw.answer(task["id"], resend="sms")
            else:
                code = stage.simulator.control.latest_code(task["number"]["e164"])
                await stage.lw.answer(task["id"], value=Secret(code))
    return seen


@played
async def test_rows_reach_their_ends_and_the_result_file_tells(on_both: Open) -> None:
    async with on_both() as stage:
        pins = {"133009": "246810", "133005": "246810"}
        rows = [f"+15550{digits},shop,{pins.get(digits, '')},register," for digits in (*EACH, "133005")]
        taken = (await stage.lw.take_import(csv(*rows, "+15550144444,shop,,none,The Shop")))["import"]
        asking = await stage.lw.drive_import(taken["id"])
        assert (asking["state"], asking["counts"]["asking"]) == ("asking", 1)
        done = await driven(stage, taken["id"])
        assert (done["state"], done["counts"]["done"], done["ended_at"] is not None) == ("done", 9, True)
        told = await result(stage, taken["id"])
        for digits in (*EACH, "133005"):
            row = told[f"+15550{digits}"]
            assert (row["state"], row["standing"]) == ("done", "online"), row
            assert stage.simulator.control.number(row["number"])["online"]
        assert (told["+15550144444"]["state"], told["+15550144444"]["reason"]) == ("done", "created")
        assert "246810" not in str(told)
        numbers = {each["e164"]: each["wanted"] for each in await stage.lw.numbers()}
        assert (numbers["+15550133010"], numbers["+15550144444"]) == ("online", "unmanaged")


@played
async def test_the_pins_of_a_file_are_sealed_and_nowhere_else(on_both: Open) -> None:
    async with on_both() as stage:
        await stage.lw.take_import(csv("+15550133005,shop,246810,register,"), name="numbers.csv")
        assert (await stage.lw.pin_status("+15550133005"))["pin"]["state"] == "pending"
        with stage.lw.office.store.database.reading() as connection:
            for each in t.metadata.sorted_tables:
                assert "246810" not in str(connection.execute(select(each)).all()), each.name
        shown = await stage.lw.show_pin("+15550133005")
        assert shown == Secret("246810")


@played
async def test_the_same_file_finds_its_import(on_both: Open) -> None:
    async with on_both() as stage:
        file = csv("+15550133010,shop,,register,")
        first = (await stage.lw.take_import(file))["import"]
        again = await stage.lw.take_import(file, again=True)
        assert (again["import"]["id"], again["report"]) == (first["id"], None)
        await stage.lw.drive_import(first["id"])
        assert (await stage.lw.take_import(file))["import"]["id"] == first["id"]
        anew = (await stage.lw.take_import(file, again=True))["import"]
        assert anew["id"] != first["id"]
        assert (await stage.lw.drive_import(anew["id"]))["state"] == "done"
        assert sent(stage, "register") == {"+15550133010": 1}
        assert [each["id"] for each in await stage.lw.imports()] == [anew["id"], first["id"]]


@played
async def test_bad_rows_stop_all_unless_they_are_skipped(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        file = csv("+15550133010,shop,,register,", "+15550133000,shop,12345,register,")
        refused = await stage.lw.take_import(file)
        assert (refused["import"], len(refused["report"]["bad"])) == (None, 1)
        assert await stage.lw.imports() == []
        taken = (await stage.lw.take_import(file, skip_bad=True))["import"]
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["done"], done["counts"]["bad"]) == ("done", 1, 1)
        told = await result(stage, taken["id"])
        assert told["+15550133000"]["reason"] == "pin-form"
        assert sent(stage, "register") == {"+15550133010": 1}
        none = await stage.lw.take_import(csv("+15550133000,shop,12345,register,"), skip_bad=True)
        assert none["import"] is None


@played
async def test_a_phone_with_another_goal_open_waits_for_its_end(on_both: Open) -> None:
    async with on_both() as stage:
        stage.simulator.control.add_number(stage.simulator.world.account.id, "+15550155555", verified=False)
        await stage.lw.sync("shop")
        verify = await stage.lw.open("verify", "+15550155555")
        await stage.lw.push(verify["id"])
        taken = (await stage.lw.take_import(csv("+15550155555,shop,,register,")))["import"]
        waits = await stage.lw.push_import(taken["id"])
        (row,) = await stage.lw.import_rows(taken["id"])
        assert (row["state"], row["reason"]) == ("queued", "operation-open")
        assert verify["id"] in row["message"]
        assert waits["ended_at"] is None
        await stage.lw.cancel(verify["id"])
        done = await stage.lw.drive_import(taken["id"])
        (row,) = await stage.lw.import_rows(taken["id"])
        assert (done["state"], row["operation"] != verify["id"]) == ("asking", True)


@played
async def test_a_pin_answers_the_question_of_an_operation_that_is_joined(on_both: Open) -> None:
    async with on_both() as stage:
        asked = (await stage.register("+15550133005")).json()
        assert asked["task"]["kind"] == "pin"
        taken = (await stage.lw.take_import(csv("+15550133005,shop,246810,register,")))["import"]
        done = await stage.lw.drive_import(taken["id"])
        assert done["state"] == "done"
        assert (await stage.lw.operation(asked["id"]))["state"] == "done"


@played
async def test_by_link_no_code_is_sent(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        taken = (await stage.lw.take_import(csv("+15550133006,shop,,register,"), by_link=True))["import"]
        assert (await stage.lw.drive_import(taken["id"]))["state"] == "asking"
        assert sent(stage, "request_code") == {}


@played
async def test_a_cancelled_import_lets_go_of_what_has_not_begun(on_both: Open) -> None:
    """Done rows stay done; a row that stands at a question stops; one that joined what was open before does not stop
    it; the others never begin. Every row is counted."""
    async with on_both() as stage:
        before = await stage.lw.open("register", "+15550133004")
        goals = {"+15550133010": "none", "+15550133006": "register", "+15550133004": "register"}
        rows = [*(f"{phone},shop,,{goal}," for phone, goal in goals.items()), "+15550144410,shop,,register,One"]
        taken = (await stage.lw.take_import(csv(*rows)))["import"]
        rounds, store = Importer(stage.lw.office), stage.lw.office.store
        assert await rounds.run_due()
        for row in await stage.lw.import_rows(taken["id"]):
            if row["operation"]:
                await stage.lw.push(row["operation"])
        late = (await stage.lw.take_import(csv("+15550133000,shop,,register,")))["import"]
        await stage.lw.cancel_import(taken["id"])
        await stage.lw.cancel_import(late["id"])
        shown = await stage.lw.one_import(taken["id"])
        assert sum(shown["counts"].values()) == shown["rows"] == 4
        state = {row["phone"]: row["state"] for row in await stage.lw.import_rows(taken["id"])}
        assert (state["+15550133010"], state["+15550133006"]) == ("done", "cancelled")
        assert state["+15550133004"] in ("running", "waiting")
        assert state["+15550144410"] == "cancelled"
        assert store.operations.get(before["id"]).cancel_asked_at is None
        assert [row["reason"] for row in await stage.lw.import_rows(late["id"])] == ["cancelled"]
        registers = sent(stage, "register")
        done = await driven(stage, taken["id"])
        assert (done["state"], done["counts"]["done"], done["counts"]["cancelled"]) == ("gave_up", 2, 2)
        assert sent(stage, "register").keys() == registers.keys() | {"+15550133004"}
        with pytest.raises(UsageError, match="ended already"):
            await stage.lw.cancel_import(taken["id"])


@pytest.mark.parametrize("arrived", [True, False])
@played
async def test_a_create_in_flight_is_heard_to_its_end_and_no_other_follows(tmp_path: Path, arrived: bool) -> None:
    async with stage_in(tmp_path)() as stage:
        store, control = stage.lw.office.store, stage.simulator.control
        control.add_fault("create", "drop_after" if arrived else "drop_before", times=1)
        taken = (await stage.lw.take_import(csv("+15550144410,shop,,register,One")))["import"]
        create = store.import_creates.row(taken["id"], 2)
        rounds = Importer(stage.lw.office)
        assert create is not None
        assert await rounds._create() == 1
        assert [row["state"] for row in await stage.lw.import_rows(taken["id"])] == ["creating"]
        store.imports.cancel(taken["id"], who="terminal", now=stage.clock.now())
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["cancelled"]) == ("gave_up", 1)
        (row,) = await stage.lw.import_rows(taken["id"])
        assert (row["number"] is not None, "was made" in row["message"]) == (arrived, arrived)
        assert (writes(stage).count("create"), sent(stage, "register")) == (1, {})


# Numbers that are made


@played
async def test_a_number_is_made_once_though_answers_are_lost(on_both: Open) -> None:
    rows = [f"+155501444{serial},shop,,none,Shop {serial}" for serial in range(10, 14)]
    async with on_both() as stage:
        control = stage.simulator.control
        control.add_fault("create", "drop_after", times=1)
        control.add_fault("create", "drop_before", times=1)
        control.add_fault("create", "html503", times=1)
        taken = (await stage.lw.take_import(csv(*rows)))["import"]
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["done"]) == ("done", 4)
        made = Counter(number.phone.e164 for number in stage.simulator.remote.numbers.values())
        assert all(made[row.split(",")[0]] == 1 for row in rows)
        journal = [line["action"] for line in stage.audit() if line["action"].startswith("number add")]
        assert (
            journal.count("number add: sent") == journal.count("number add: answered") == writes(stage).count("create")
        )


@played
async def test_a_create_whose_process_died_is_settled_by_the_listing(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        store, control = stage.lw.office.store, stage.simulator.control
        rows = [f"+155501444{serial},shop,,none,Shop {serial}" for serial in (10, 11)]
        taken = (await stage.lw.take_import(csv(*rows)))["import"]
        for line in (2, 3):
            create = store.import_creates.row(taken["id"], line)
            assert create is not None
            assert store.import_creates.intend(create, stage.clock.now())
            assert not store.import_creates.intend(create, stage.clock.now()), "somebody else has it"
        control.add_number(stage.simulator.world.account.id, "+15550144410")  # one had arrived, the other had not
        assert store.import_creates.doubtful(stage.clock.now()) == [], "it may still be under way"
        with store.database.writing() as connection:
            connection.execute(update(t.import_rows).values(send_by=0.0))
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["done"]) == ("done", 2)
        assert writes(stage).count("create") == 1


@played
async def test_a_create_that_is_refused_says_why(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        control = stage.simulator.control
        control.add_fault("create", "error", error=80008, times=1)
        taken = (await stage.lw.take_import(csv("+15550144410,shop,,none,One")))["import"]
        assert (await stage.lw.drive_import(taken["id"]))["state"] == "done", "too many calls are waited out"
        control.change_account(stage.simulator.world.account.id, may_create=False)
        refused = (await stage.lw.take_import(csv("+15550144411,shop,,none,Two")))["import"]
        assert (await stage.lw.drive_import(refused["id"]))["state"] == "gave_up"
        (row,) = await stage.lw.import_rows(refused["id"], "gave_up")
        assert (row["reason"], "200000" in row["message"]) == ("refused", True)


async def gone_through(stage: Stage, id: str) -> Any:
    """Round after round until nothing of it waits for a time; its only row."""
    rounds, store = Importer(stage.lw.office), stage.lw.office.store
    for _ in range(80):
        await rounds.run_due()
        comes = store.imports.next_at(id)
        if comes is None:
            break
        stage.clock.jump_to(max(comes, stage.clock.now()))
    (row,) = await stage.lw.import_rows(id)
    return row


@pytest.mark.parametrize("fault", [{"do": "error", "error": 2388012}, {"do": "html503"}], ids=["listed", "lost"])
@played
async def test_a_create_that_no_listing_ever_shows_slows_down_and_ends(on_both: Open, fault: dict[str, Any]) -> None:
    """Before, it was sent again once a minute for ever, and nothing was said."""
    async with on_both() as stage:
        stage.simulator.control.add_fault("create", every=1, **fault)
        taken = (await stage.lw.take_import(csv("+15550144444,shop,,register,The Shop")))["import"]
        began = stage.clock.now()
        row = await gone_through(stage, taken["id"])
        assert (row["state"], row["reason"]) == ("gave_up", "not-listed")
        assert "WhatsApp Manager" in row["message"]
        assert writes(stage).count("create") == 7
        assert stage.clock.now() - began > timedelta(hours=17)


@played
async def test_a_number_forgotten_or_given_up_meanwhile_is_left_alone(on_both: Open) -> None:
    async with on_both() as stage:
        rows = ("+15550133010,shop,,register,", "+15550100001,shop,,register,")
        taken = (await stage.lw.take_import(csv(*rows)))["import"]
        await stage.lw.forget_number("+15550133010")
        id = (await stage.lw.number("+15550100001"))["id"]
        stage.lw.office.store.numbers.set_wanted(id, Wanted.RELEASED)
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["gave_up"]) == ("gave_up", 2)
        assert [row["reason"] for row in await stage.lw.import_rows(taken["id"])] == ["forgotten", "released"]
        assert sent(stage, "register") == {}
        report = await stage.lw.check_import(csv("+15550100001,shop,,register,", "+15550133000,shop,,register,"))
        assert bad(report) == [(2, "released")]
        assert "register it by itself" in report["bad"][0]["message"]
        assert not (await stage.lw.check_import(csv("+15550100001,shop,,verify,")))["bad"]


@played
async def test_nothing_is_made_while_an_operation_of_its_phone_is_open(on_both: Open) -> None:
    """A migration makes the number itself; an id made beside it would take no line over."""
    async with on_both() as stage:
        phone = "+5511900000077"
        moving = await stage.lw.open("migrate", phone, to="shop")
        with pytest.raises(UsageError, match="migrate") as refused:
            await stage.lw.add_number(phone, "shop", "The Shop")
        assert refused.value.reason == "operation-open"
        taken = (await stage.lw.take_import(csv(f"{phone},shop,,none,The Shop")))["import"]
        assert await Importer(stage.lw.office).run_due() == 0
        (row,) = await stage.lw.import_rows(taken["id"])
        assert (row["state"], row["reason"]) == ("queued", "operation-open")
        assert writes(stage) == []
        await stage.lw.cancel(moving["id"])
        await stage.lw.push(moving["id"])
        stage.clock.jump_to(stage.clock.now() + timedelta(minutes=1))
        assert (await stage.lw.drive_import(taken["id"]))["state"] == "done"
        assert writes(stage).count("create") == 1


# Many


@played
async def test_no_more_rows_are_open_at_once_than_is_useful(on_both: Open) -> None:
    async with on_both() as stage:
        phones = [f"+1{serial}2100001" for serial in range(200, 200 + importer.MOST_OF_ACCOUNT + 15)]
        await also(stage, "bakery", *phones)
        taken = (await stage.lw.take_import(csv(*(f"{phone},,,register," for phone in phones))))["import"]
        rounds = Importer(stage.lw.office)
        assert await rounds.run_due() == importer.MOST_OF_ACCOUNT
        assert await rounds.run_due() == 0
        done = await stage.lw.drive_import(taken["id"])
        assert (done["state"], done["counts"]["done"]) == ("done", len(phones))
        assert set(sent(stage, "register").values()) == {1}


def test_no_cell_of_a_result_is_a_formula() -> None:
    for text in ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "+1555x", "\t=1"):
        assert result_cell(text)[0] == "'"
    for text in ("+15550133010", "shop", "", "1-2"):
        assert result_cell(text) == text
    assert result_cell(None) == ""
    assert result_cell("two\nlines") == "two lines"
