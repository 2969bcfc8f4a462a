"""Promise 9: no PIN, code, token or app secret anywhere but in the vault and on the wire."""

from __future__ import annotations

import base64
import secrets
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.support.indiscreet import House, house, six_digits, token_text
from tests.support.killed import STORIES, Kill, Stage
from tests.support.processes import Ran
from tests.support.search import Search, files_below
from tests.support.signups import customer

from linewright.engine.crash import CrashPoint


def accounts(at: House) -> None:
    """A token that does not work, one that does, another; app secrets."""
    first, second = secrets.token_hex(16), secrets.token_hex(16)
    at.search.words.update({first, second})
    add = ("account", "add", "acme", "--waba", at.account)
    assert at(*add, stdin=at.token(works=False)).status == 2
    added = at.in_sight(*add, "--app-secret-file", at.file(first), stdin=at.token())
    assert added.status == 0, added.err
    assert at("account", "check", "acme", "--json").status == 0
    assert at("account", "update", "acme", "--token-file", at.file(at.token())).status == 0
    assert at("account", "update", "acme", "--app-secret-file", at.file(second), "--json").status == 0


def registrations(at: House) -> None:
    """Every row of the magic table, and one number without trouble."""
    rights = {digits: at.pin() for digits in ("133005", "133008", "133009", "131045")}
    without = ("133000", "133004", "133006", "133010", "133015", "133016", "100001")
    numbers = {digits: at.number(digits, pin=rights.get(digits)) for digits in (*without, *rights)}
    for digits in without:
        came_to_its_end(at.bring("register", numbers[digits]))
    for digits in ("133008", "133009"):
        came_to_its_end(at.bring("register", numbers[digits], "--pin-file", at.file(rights[digits])))
    wrong = at.file(at.pin())
    came_to_its_end(at.bring("register", numbers["133005"], "--pin-file", wrong, right=rights["133005"]))
    words = ("register", numbers["131045"].id, "--because", "131045", "--pin-stdin", "--no-wait")
    came_to_its_end(at.in_sight(*words, stdin=rights["131045"]))


def came_to_its_end(ran: Ran) -> None:
    assert ran.status == 0, ran


def other_goals(at: House) -> None:
    lapsed, plain, dying = at.number("100002", verified=False), at.number("100003"), at.number("100004")
    came_to_its_end(at.bring("verify", lapsed))
    came_to_its_end(at.bring("register", plain))
    came_to_its_end(at.bring("set-pin", plain, "--pin-file", at.file(at.pin())))
    at.simulator.clock.advance(3600)
    came_to_its_end(at.bring("set-pin", plain))
    at.simulator.clock.advance(3600)
    came_to_its_end(at.bring("register", plain, "--because", "133010"))
    at.bring("deregister", plain, "--confirm", plain.phone.e164[-4:])
    at.simulator.control.add_fault("register", "error", number=dying.id, error=190)
    came_to_its_end(at.bring("register", dying, "--pin-file", at.file(at.pin())))


def adoptions(at: House) -> None:
    """Codes of Embedded Signup: refused, lost on the way, exchanged; a token in hand."""
    remote = at.simulator.remote
    app = next(iter(remote.apps.values()))
    at.search.words.update({app.secret, wrong := secrets.token_hex(16)})
    assert at("app", "add", app.id, "--secret-file", at.file(wrong)).status == 0
    came, lost = (customer(at.simulator, e164=f"+1555710000{serial}") for serial in (8, 9))
    at.search.words.update({came.code, lost.code})
    words = ("adopt", "--waba", came.waba, "--number", came.number or "", "--app", app.id, "--code-file")
    assert at(*words, at.file(came.code)).status == 2
    assert at.in_sight("app", "add", app.id, "--secret-file", "-", stdin=app.secret).status == 0
    assert at(*words, at.file(lost.code + "x")).status == 2
    adopted = at.in_sight(*words, "-", "--no-wait", "--json", stdin=came.code)
    assert adopted.status in (0, 5), adopted.err
    at.search.words.update(remote.tokens)
    assert at(*words, at.file(came.code), "--json").status in (0, 5)
    at.simulator.control.add_fault("buy_token", "drop_after")
    words = ("adopt", "--waba", lost.waba, "--app", app.id, "--code-file", at.file(lost.code))
    assert (at(*words).status, at(*words, "--json").status) == (6, 2)
    token = remote.add_token([lost.waba], app=app.id).text
    at.search.words.update(remote.tokens)
    assert at("adopt", "--waba", lost.waba, "--json", stdin=token).status == 0


def looking_around(at: House) -> None:
    """Everything that only shows."""
    number = at.number("100005")
    assert at("sync", "--json").status == 0
    for line in (
        ("account", "list"),
        ("number", "list"),
        ("number", "show", number.id),
        ("operation", "list"),
        ("task", "list"),
        ("pin", "status", number.id),
        ("check",),
        ("doctor",),
        ("doctor", number.id),
    ):
        at(*line)
        at(*line, "--json")
    for operation in at("operation", "list", "--json").document["items"][::3]:
        at("operation", "show", operation["id"])
        at("bundle", operation["number"]["id"], "-o", str(at.open / f"{operation['id']}.zip"))
    assert at("key", "rotate").status == 0


def custody(at: House) -> None:
    """PINs leave sealed and come in from a list; neither tells one, nor the passphrase, nor a wrong row."""
    words, wrong = (f"{secrets.token_hex(8)} lantern {secrets.token_hex(8)}" for _ in range(2))
    at.search.words.update({words, wrong})
    one, other, right = at.number("100008"), at.number("100009"), at.pin()
    listed = at.file(f"phone,pin\n{one.phone.e164},{right}\n{other.phone.e164},{at.pin()}")
    assert at.in_sight("pin", "import", listed, "--json").status == 0
    bad = at.file(f"phone,pin\n{one.phone.e164},{at.pin()}\n{other.phone.e164},{at.pin()}7\n{at.pin()},{at.pin()}")
    assert at("pin", "import", bad).status == at("pin", "import", bad, "--json").status == 2
    export = at.open / "pins.sealed"
    assert at("pin", "export", "-o", str(export), "--passphrase-file", at.file("too short")).status == 2
    assert at.in_sight("pin", "export", "-o", str(export), "--passphrase-file", at.file(words)).status == 0
    assert at("pin", "import", str(export), "--passphrase-file", at.file(wrong)).status == 2
    assert at("pin", "import", str(export), "--passphrase-file", at.file(words), "--json").status == 0
    came_to_its_end(at.bring("register", one))
    for line in (("pin", "history", one.id), ("pin", "status", one.id), ("release", one.id, "--confirm", "0008")):
        at(*line)
        at(*line, "--json")


def imports(at: House) -> None:
    """A file with PINs: right ones, one in a wrong column, one that lost a digit; the same file twice."""
    given = {serial: at.pin() for serial in ("100031", "100032", "100033")}
    for serial, pin in given.items():
        at.number(serial, pin=pin)
    rows = [f"+15557{serial},acme,{pin}," for serial, pin in given.items()]
    good = at.file("\n".join(["phone,account,pin,verified_name", *rows, "+15557100034,acme,,The Shop"]))
    bad = at.file("\n".join(["phone,account,pin,goal", *rows[:1], f"{at.pin()},,,", f"+15557100032,{at.pin()},,"]))
    assert at("import", bad).status == 2
    assert at("import", bad, "--check", "--json").status == 2
    for _ in range(2):
        assert at("import", good, "--wait", "-o", str(at.open / "result.csv"), "--json").status in (0, 3)
    taken = at("import", "--list", "--json").document["items"][0]
    assert taken["counts"]["done"] == 3, taken
    assert at("import", "--resume", taken["id"], "--no-wait").status in (3, 5)


def mistakes(at: House) -> None:
    """A secret in the wrong place is not repeated."""
    n = at.number("100006").id
    assert at("register", n, at.pin()).status == 2
    assert at("register", n, "--pin", at.pin()).status == 2
    assert at("register", n, "--pin-file", at.file(at.pin() + "0")).status == 2
    assert at("account", "update", "acme", "--token-file", at.file(at.token(works=False) + " " + at.pin())).status == 2
    assert at("explain", "-", stdin=f"(#190) Error validating access token: {at.token(works=False)[:60]}").status == 0


def an_error_of_ours(at: House) -> None:
    """A row that no code expects: the crash file tells where, and no secret."""
    number, right = at.number("100007"), at.pin()
    assert at("register", number.id, "--pin-file", at.file(right), "--no-wait").status in (0, 5)
    with closing(sqlite3.connect(at.terminal.home / "linewright.db")) as database:
        (kept,) = database.execute("SELECT state FROM operations WHERE number = ?", (number.id,)).fetchone()
        for state in ("beyond words", kept):
            database.execute("UPDATE operations SET state = ? WHERE number = ?", (state, number.id))
            database.commit()
            status = at("register", number.id, "--pin-file", at.file(right), "--no-wait").status
            assert (status == 1) is (state != kept)
    assert list(at.terminal.home.glob("crash-*.txt"))


def test_no_secret_is_left_anywhere(tmp_path: Path) -> None:
    with house(tmp_path) as at:
        accounts(at)
        registrations(at)
        other_goals(at)
        adoptions(at)
        looking_around(at)
        custody(at)
        imports(at)
        mistakes(at)
        an_error_of_ours(at)
        played = at.weather(tmp_path / "other-home")
        assert played.status == 0, played.err
        at.search.look_at(files_below(tmp_path / "other-home"), except_=[tmp_path / "other-home" / "key"])
        at.close()
        assert at.search.found == set()
        assert "••••" in played.out  # the remote did repeat them
        handed_in = Search(at.search.words, at.search.digits)
        handed_in.look_at([*files_below(at.desk), *files_below(at.open)])
        assert len({secret for _, secret in handed_in.found}) > 25
        assert at.search.looked_at > 5_000_000


def test_a_killed_process_leaves_no_secret(stage: Stage) -> None:
    """The journal of the database lies there as the process left it, a code in flight."""
    control, search = stage.simulator.control, Search()
    control.change_temper(echo_secrets=True)
    for name in ("verification lapsed", "wrong PIN, reset"):
        for point in (CrashPoint.PIN_KEPT, CrashPoint.INTENT_SAVED, CrashPoint.SENT, CrashPoint.ANSWER_SAVED):
            life = stage.begin(STORIES[name])
            nth = 3 if point is not CrashPoint.PIN_KEPT and "lapsed" in name else 1
            assert life.drive(Kill(point, nth)).status == -signal.SIGKILL
            truth = control.number(life.number)
            search.words.update(token.text for token in stage.simulator.remote.tokens.values())
            search.digits.update(code["code"] for code in control.codes(life.e164))
            search.digits.update({truth["pin"]} - {None} | {"111222"})
            search.look_at([*files_below(life.home), *files_below(life.streams)], except_=[life.home / "key"])
    control.change_temper(echo_secrets=False)
    assert search.found == set()


@pytest.mark.parametrize(
    "hide",
    [
        lambda secret: secret.encode(),
        lambda secret: quote(secret, safe="").encode(),
        lambda secret: base64.b64encode(secret.encode()),
        lambda secret: base64.urlsafe_b64encode(b"user:" + secret.encode() + b"@host"),
        lambda secret: base64.b64encode(b"ab" + secret.encode() + b"c"),
        lambda secret: secret.encode().hex().encode(),
    ],
    ids=["plain", "quoted", "base64", "base64 for URLs", "base64 within", "hex"],
)
def test_the_search_finds_what_is_hidden(hide, tmp_path: Path) -> None:
    token, pin = token_text(), six_digits()
    search = Search({token}, {pin})
    for secret in (token, pin):
        (tmp_path / "file").write_bytes(b"before " + hide(secret) + b" after")
        search.look_at(files_below(tmp_path))
    assert {secret for _, secret in search.found} == {token, pin}
    other = Search(set(), {pin})
    other.look("ids and times", f"1{pin} {pin}9 2026-03-02T09:00:00.{pin}Z".encode())
    assert other.found == set()
