"""Whole stories from the command line, against the simulator, in virtual time."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Cli

OPERATION = {
    *("id", "account", "number", "goal", "state", "reason", "message", "next_step", "opened_at", "ended_at"),
    *("wake_at", "standing", "read_at", "task", "attempts", "budgets"),
}
NUMBER = {
    *("id", "account", "display", "e164", "standing", "reason", "message", "wanted", "read_at", "reading", "pin"),
    *("operation", "budgets"),
}


def kinds(operation: dict) -> list[str]:
    return [attempt["call"] for attempt in operation["attempts"] if attempt["call"] != "subscribe"]


def test_a_register_without_trouble(cli: Cli) -> None:
    done = cli.until_it_rests("register", "+15550133010")
    assert (done.status, done.err) == (0, "")
    assert set(done.json) == OPERATION
    assert (done.json["state"], done.json["reason"], done.json["standing"]) == ("done", "registered", "online")


def test_a_register_of_an_online_number_spends_nothing(cli: Cli) -> None:
    done = cli("register", "+15550100001", "--json")
    assert (done.status, done.json["reason"], done.json["attempts"]) == (0, "already-online", [])


def test_not_waiting_says_who_goes_on_and_when(cli: Cli) -> None:
    done = cli("register", "+1 555-013-3015")
    assert done.status == 5
    assert "waiting (told-to-wait)" in done.out
    assert done.err.startswith("No worker runs here: repeat `linewright register '+1 555-013-3015'` after ")


def test_a_wait_passes_and_the_number_is_online(cli: Cli) -> None:
    done = cli.until_it_rests("register", "+15550133015")
    assert (done.status, done.json["state"], kinds(done.json)) == (0, "done", ["register"] * 3)


def test_a_wait_on_no_terminal_is_one_line_per_change(cli: Cli) -> None:
    done = cli("register", "+15550133015", "--wait", "--timeout", "0")
    assert done.status == 5
    assert all(line[10] == "T" and "+1 555-013-3015" in line for line in done.out.splitlines())
    assert "repeat" in done.err


def test_a_code_is_asked_for_and_answered(cli: Cli) -> None:
    asked = cli.until_it_rests("register", "+15550133006")
    task = asked.json["task"]
    assert (asked.status, asked.json["state"], task["kind"]) == (3, "asking", "otp")
    listed = cli("task", "list", "--json").json
    assert listed == {"items": [task], "next": None}
    assert task["question"] in cli("task", "show", task["id"]).out
    code = cli.simulator.control.latest_code("+15550133006")
    message = f"Your WhatsApp code: {code[:3]}-{code[3:]}\n"
    taken = cli("task", "answer", task["id"], "--stdin", "--json", stdin=message)
    assert taken.status == 0
    done = cli.until_it_rests("register", "+15550133006")
    assert (done.status, kinds(done.json)) == (0, ["register", "request_code", "verify_code", "register"])
    assert code not in done.out + taken.out


def test_a_refused_pin_is_asked_for_and_never_sent_again(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_text("111222\n")
    asked = cli("register", "+15550133005", "--pin-file", str(file), "--json")
    task = asked.json["task"]
    assert (asked.status, task["kind"], kinds(asked.json)) == (3, "pin", ["register"])
    for wrong in ("111222", "12345", "letters"):
        refused = cli("task", "answer", task["id"], "--stdin", stdin=wrong)
        assert (refused.status, len(refused.error_lines)) == (2, 2)
        assert wrong not in refused.err
    assert cli("task", "show", task["id"], "--json").json["state"] == "open"
    assert cli("task", "answer", task["id"], "--stdin", stdin="246810").status == 0
    done = cli.until_it_rests("register", "+15550133005")
    assert (done.status, kinds(done.json)) == (0, ["register", "register"])


def test_a_pin_given_with_the_same_goal_answers_the_question(cli: Cli) -> None:
    assert cli("register", "+15550133005").status == 3
    assert cli("register", "+15550133005", "--pin-stdin", stdin="246810\n").status in (0, 5)
    assert cli.until_it_rests("register", "+15550133005").status == 0
    status = cli("pin", "status", "+15550133005", "--json").json
    assert status["pin"]["state"] == "accepted"


def test_evidence_makes_an_online_number_register_again(cli: Cli) -> None:
    done = cli("register", "+15550131045", "--because", "131045", "--pin-stdin", "--json", stdin="246810")
    assert (done.status, done.json["reason"], kinds(done.json)) == (0, "not-yet-proven", ["register"])


def test_declining_gives_up_with_status_4(cli: Cli) -> None:
    asked = cli("register", "+15550133005", "--json").json
    assert cli("task", "answer", asked["task"]["id"], "--decline").status == 0
    shown = cli("operation", "show", asked["id"], "--json").json
    assert (shown["state"], shown["reason"]) == ("gave_up", "declined")
    again = cli("operation", "retry", asked["id"], "--json")
    assert (again.status, again.json["state"]) == (3, "asking")


def test_a_number_that_is_not_ours_is_given_up(cli: Cli) -> None:
    done = cli("register", "+15550100002", "--wait", "--json")
    assert (done.status, done.json["state"], done.json["attempts"]) == (4, "gave_up", [])


def test_cancel_is_taken_and_another_goal_is_refused_meanwhile(cli: Cli) -> None:
    opened = cli("register", "+15550133015", "--json").json
    other = cli("verify", "+15550133015")
    assert (other.status, len(other.error_lines)) == (2, 2)
    assert opened["id"] in other.err
    cancelled = cli("operation", "cancel", opened["id"], "--json")
    assert (cancelled.status, cancelled.json["state"]) == (0, "cancelled")
    listed = cli("operation", "list", "--json").json["items"]
    assert [item["id"] for item in listed] == [opened["id"]]


def test_deregister_needs_the_last_four_digits(cli: Cli) -> None:
    assert cli.until_it_rests("register", "+15550133010").status == 0
    wrong = cli("deregister", "+15550133010", "--confirm", "1234")
    assert (wrong.status, len(wrong.error_lines)) == (2, 2)
    asked = cli.until_it_rests("deregister", "+15550133010", "--confirm", "3010")
    assert (asked.status, asked.json["task"]["kind"]) == (3, "approve")
    assert cli("task", "answer", asked.json["task"]["id"], "--approve").status == 0
    done = cli.until_it_rests("deregister", "+15550133010", "--confirm", "3010")
    assert (done.status, done.json["reason"], done.json["standing"]) == (0, "deregistered", "offline")


def test_set_pin_sets_the_given_one(cli: Cli) -> None:
    assert cli.until_it_rests("register", "+15550133010").status == 0
    done = cli("set-pin", "+15550133010", "--pin-stdin", "--json", stdin="975310")
    assert done.status in (0, 5)
    assert cli.simulator.control.number(done.json["number"]["id"])["pin"] == "975310"


def test_verify_of_a_verified_number_sends_no_code(cli: Cli) -> None:
    done = cli("verify", "+15550133010", "--json")
    assert (done.status, kinds(done.json)) == (0, [])


@pytest.mark.parametrize("written", ["300000000000009", "+15550133010", "+1 555-013-3010", "demo/+15550133010"])
def test_a_number_goes_by_any_of_its_names(cli: Cli, written: str) -> None:
    shown = cli("number", "show", written, "--json")
    assert (shown.status, set(shown.json), shown.json["e164"]) == (0, NUMBER, "+15550133010")


def test_numbers_are_listed_by_standing(cli: Cli) -> None:
    listed = cli("number", "list", "--standing", "online", "--json").json
    assert {item["e164"] for item in listed["items"]} == {"+15550131045", "+15550100001"}
    assert cli("number", "list", "--standing", "sideways").status == 2
    assert len(cli("number", "list").out.splitlines()) == 13


def test_a_number_is_added_and_forgotten(cli: Cli) -> None:
    added = cli("number", "add", "+15550144444", "--account", "demo", "--verified-name", "Demo", "--json")
    assert (added.status, added.json["e164"]) == (0, "+15550144444")
    assert cli("number", "forget", "+15550144444").status == 0
    assert cli("number", "show", "+15550144444").status == 2


def test_accounts_are_listed_checked_paused_and_removed(cli: Cli) -> None:
    (account,) = cli("account", "list", "--json").json["items"]
    keys = {"name", "waba", "state", "reason", "until", "task", "pin_reset", "numbers"}
    assert set(account) == keys
    assert account["numbers"] == 12
    assert cli("account", "check", "demo").status == 0
    paused = cli("account", "update", "demo", "--pause", "--pin-reset", "auto", "--json").json["items"][0]
    assert (paused["state"], paused["pin_reset"]) == ("paused", "auto")
    assert cli("register", "+15550133010").status == 3
    assert cli("account", "remove", "demo", "--yes").status == 2
    assert cli("account", "update", "demo", "--resume").status == 0
    assert cli.until_it_rests("register", "+15550133010").status == 0
    assert cli("account", "remove", "demo", "--yes").status == 0
    assert cli("account", "list").out.startswith("No account yet.")


def test_recovery_by_itself_is_switched_on_and_off(cli: Cli) -> None:
    def kept() -> list[tuple[str, bool]]:
        with closing(sqlite3.connect(cli.home / "linewright.db")) as database:
            return [(name, bool(on)) for name, on in database.execute("SELECT name, recover FROM accounts")]

    assert kept() == [("demo", False)]
    assert cli("account", "update", "demo", "--recover", "on").status == 0
    assert cli("account", "update", "demo", "--pin-reset", "auto").status == 0
    assert kept() == [("demo", True)]
    assert cli("account", "update", "demo", "--recover", "perhaps").status == 2
    assert "Changed: recovery off." in cli("account", "update", "demo", "--recover", "off").out
    assert kept() == [("demo", False)]


def test_a_new_token_releases_a_held_account(cli: Cli) -> None:
    token = cli.simulator.world.token
    fresh = cli.simulator.remote.add_token([cli.simulator.world.account.id], app=cli.simulator.world.app.id)
    token.revoked = 460
    held = cli("register", "+15550133010", "--json")
    assert (held.status, held.json["reason"]) == (3, "account-on-hold")
    assert cli("account", "check", "demo").status == 3
    assert cli("account", "update", "demo", stdin=fresh.text).status == 0
    assert cli.until_it_rests("register", "+15550133010").status == 0


def test_sync_check_and_doctor(cli: Cli) -> None:
    assert len(cli("sync", "--json").json["items"]) == 12
    checked = cli("check", "demo", "--json")
    assert checked.status == 3
    assert checked.json["attention"] > 0
    examined = cli("doctor", "--json")
    assert examined.status in (0, 3)
    assert all(set(item) == {"name", "ok", "message", "fix"} for item in examined.json["items"])
    number = cli("doctor", "+15550100001")
    assert "ok " in number.out


def test_a_bundle_is_written(cli: Cli, tmp_path: Path) -> None:
    cli("register", "+15550133005")
    target = tmp_path / "support.zip"
    made = cli("bundle", "+15550133005", "-o", str(target))
    assert made.status == 0
    assert str(target) in made.out
    assert zipfile.ZipFile(target).namelist()


def test_an_account_is_added_with_a_token_from_a_file_or_stdin(bare: Cli, tmp_path: Path) -> None:
    world = bare.simulator.world
    (tmp_path / "token").write_text(world.token.text + "\n")
    words = ("account", "add", "demo", "--waba", world.account.id, "--json")
    added = bare(*words, "--token-file", str(tmp_path / "token"))
    assert (added.status, added.json["numbers"]) == (0, 12)
    assert world.token.text not in added.out
    assert bare("account", "remove", "demo", "--yes").status == 0
    assert bare(*words, stdin=world.token.text).status == 0


def test_the_key_is_rotated(cli: Cli) -> None:
    assert cli("key", "rotate", "--json").json["resealed"] > 0
    assert cli.until_it_rests("register", "+15550133010").status == 0


def test_a_number_moves_to_another_account(cli: Cli) -> None:
    """Guided step by step, by statuses alone; and once more by the phone, which costs nothing."""
    control = cli.simulator.control
    waba = control.add_account("New").id
    token = control.add_token([waba], app=cli.simulator.world.app.id).text
    assert cli("account", "add", "new", "--waba", waba, stdin=token).status == 0
    asked = cli.until_it_rests("migrate", "+15550100001", "--to", "new")
    assert (asked.status, asked.json["task"]["kind"], set(asked.json)) == (3, "approve", OPERATION)
    assert kinds(asked.json) == []
    approved = cli("task", "answer", asked.json["task"]["id"], "--approve", "--json")
    assert (approved.status, approved.json["task"]["kind"]) == (0, "otp")
    code = control.latest_code("+15550100001")
    assert cli("task", "answer", approved.json["task"]["id"], "--stdin", stdin=f"{code}\n").status == 0
    cli.advance(30)
    done = cli.until_it_rests("migrate", "+15550100001", "--to", "new")
    assert (done.status, done.json["id"], done.json["reason"]) == (0, asked.json["id"], "migrated")
    assert kinds(done.json) == ["create", "request_code", "verify_code", "register"]
    again = cli.until_it_rests("migrate", "+15550100001", "--to", "new")
    assert (again.status, again.json["reason"], again.json["attempts"]) == (0, "already-online", [])
    assert cli("number", "show", "new/+15550100001", "--json").json["wanted"] == "online"
    assert cli("number", "show", "demo/+15550100001", "--json").json["standing"] == "migrated"


def test_a_migration_to_nowhere_is_refused(cli: Cli) -> None:
    refused = cli("migrate", "+15550100001", "--to", "nowhere", "--json")
    assert (refused.status, refused.json["error"]["reason"]) == (2, "unknown-account")
    unknown = cli("migrate", "not-a-phone", "--to", "demo", "--json")
    assert (unknown.status, unknown.json["error"]["reason"]) == (2, "unknown-number")
