"""The engine's port over the Graph client, against the simulator: every kind of order, and the look around."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from linewright.domain.journal import WRITES, Answer, CallKind, Outcome
from linewright.domain.moving import account_seen, survey_of
from linewright.engine.ports import Order
from linewright.graph import GraphClient
from linewright.graph.remote import GraphRemote
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Number

PIN, OTHER_PIN = Secret("246810"), Secret("135791")
GERMAN = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "DE"}
PHONE = "+5511900000078"


class Bench:
    """One account of the simulator behind the port."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.world = simulator.world
        self.token = self.world.token.text
        self.app: str | None = self.world.app.id
        self.waba = self.world.account.id
        self.number = self.world.numbers["133010"]

    def send(self, call: CallKind, number: str | None = None, **carried: Any) -> Answer:
        order = Order(call=call, account="demo", waba=self.waba, number=number or self.number.id, **carried)
        return asyncio.run(self._sent(order))

    async def _sent(self, order: Order) -> Answer:
        async with GraphClient(Secret(self.token), transport=self.simulator.transport) as client:
            answer = await GraphRemote(lambda account: client, lambda account: self.app).send(order)
        assert answer.call is order.call
        return answer

    def calls(self) -> int:
        return len(self.simulator.control.calls())

    def unverified(self) -> Number:
        return self.simulator.control.add_number(self.waba, "+15550100888", verified=False)


@pytest.fixture
def bench(linewright_simulator: Simulator) -> Bench:
    return Bench(linewright_simulator)


def test_a_number_is_brought_online_and_released(bench: Bench) -> None:
    truth = bench.simulator.control.number
    assert bench.send(CallKind.READ).body["status"] == "PENDING"
    assert bench.send(CallKind.REGISTER, pin=PIN).outcome is Outcome.OK
    assert truth(bench.number.id)["online"]
    assert bench.send(CallKind.READ).body["status"] == "CONNECTED"
    assert bench.send(CallKind.SET_PIN, pin=OTHER_PIN).outcome is Outcome.OK
    assert truth(bench.number.id)["pin"] == OTHER_PIN.open_secret()
    assert bench.send(CallKind.DEREGISTER).outcome is Outcome.OK
    assert not truth(bench.number.id)["registered"]


@pytest.mark.parametrize("method", ["SMS", "VOICE"])
def test_a_number_is_verified(bench: Bench, method: str) -> None:
    number, control = bench.unverified(), bench.simulator.control
    assert bench.send(CallKind.REQUEST_CODE, number.id, method=method, language="pt_BR").outcome is Outcome.OK
    told = control.codes("+15550100888")[-1]
    assert (told["method"], told["language"]) == (method, "pt_BR")
    assert bench.send(CallKind.VERIFY_CODE, number.id, code=Secret(told["code"])).outcome is Outcome.OK
    assert bench.send(CallKind.READ, number.id).body["code_verification_status"] == "VERIFIED"


def test_a_refusal_comes_as_it_is(bench: Bench) -> None:
    answer = bench.send(CallKind.REGISTER, bench.world.numbers["133005"].id, pin=Secret("111222"))
    assert answer.error is not None
    assert (answer.outcome, answer.error.code, answer.body) == (Outcome.REFUSED, 133005, {})
    assert answer.fbtrace_id


def test_storage_settings_are_read_kept_and_read_again(bench: Bench) -> None:
    assert bench.send(CallKind.READ_STORAGE).body == {"storage_configuration": {"status": "DEFAULT"}}
    assert bench.send(CallKind.KEEP_STORAGE, storage=GERMAN).outcome is Outcome.OK
    assert bench.send(CallKind.READ_STORAGE).body == {"storage_configuration": GERMAN}
    assert bench.send(CallKind.REGISTER, pin=PIN).outcome is Outcome.OK
    assert bench.send(CallKind.DEREGISTER).outcome is Outcome.OK
    assert bench.send(CallKind.READ_STORAGE).body == {"storage_configuration": {"status": "DEFAULT"}}


def test_a_subscription_shows_after_it_was_made(bench: Bench) -> None:
    assert bench.send(CallKind.READ_SUBSCRIPTION).body == {"subscribed": False}
    assert bench.send(CallKind.SUBSCRIBE).outcome is Outcome.OK
    assert bench.send(CallKind.READ_SUBSCRIPTION).body == {"subscribed": True}


def test_only_the_own_app_counts_where_it_is_known(bench: Bench) -> None:
    bench.world.account.subscribed[bench.simulator.remote.add_app("Somebody else").id] = {}
    assert bench.send(CallKind.READ_SUBSCRIPTION).body == {"subscribed": False}
    bench.app = None
    assert bench.send(CallKind.READ_SUBSCRIPTION).body == {"subscribed": True}


@pytest.mark.parametrize(
    ("doing", "outcome"),
    [
        ("drop_before", Outcome.IN_DOUBT),
        ("hang", Outcome.IN_DOUBT),
        ("html503", Outcome.IN_DOUBT),
        ("refuse", Outcome.UNREACHABLE),
    ],
)
@pytest.mark.parametrize("call", CallKind)
def test_a_failure_of_any_order_says_nothing_of_the_number(
    bench: Bench, call: CallKind, doing: str, outcome: Outcome
) -> None:
    bench.simulator.control.add_fault("*", doing, times=1)
    answer = bench.send(call, pin=PIN, code=Secret("123830"), storage=GERMAN, e164=PHONE)
    assert answer.outcome is outcome
    assert answer.failure
    assert answer.body == ({"account_readable": None, "listed": None} if call is CallKind.LOOK else {})


@pytest.mark.parametrize(
    ("call", "carried", "word"),
    [
        (CallKind.REGISTER, {}, "PIN"),
        (CallKind.REGISTER, {"pin": Secret("")}, "PIN"),
        (CallKind.SET_PIN, {"code": PIN}, "PIN"),
        (CallKind.VERIFY_CODE, {"pin": PIN}, "code"),
        (CallKind.KEEP_STORAGE, {"storage": {}}, "storage setting"),
        (CallKind.CREATE, {"e164": "+0"}, "phone"),
    ],
)
def test_an_order_without_what_it_needs_costs_nothing(
    bench: Bench, call: CallKind, carried: dict[str, Any], word: str
) -> None:
    before = bench.calls()
    answer = bench.send(call, **carried)
    assert (answer.outcome, answer.failure) == (Outcome.NOT_SENT, f"Not sent: there is no {word} to send.")
    assert bench.calls() == before


def test_every_write_has_an_order(bench: Bench) -> None:
    for call in WRITES:
        assert bench.send(call, pin=PIN, code=Secret("123830"), storage=GERMAN, e164=PHONE).outcome in (
            Outcome.OK,
            Outcome.REFUSED,
        )


def test_a_number_is_created_to_take_over_its_line(bench: Bench) -> None:
    """Of another provider, whose name for it is carried over."""
    remote = bench.simulator.remote
    theirs = remote.add_number(remote.add_account("Provider").id, PHONE, registered=True)
    assert bench.send(CallKind.SUBSCRIBE).outcome is Outcome.OK
    answer = bench.send(CallKind.CREATE, e164=PHONE, verified_name="Loja")
    created = remote.numbers[answer.body["id"]]
    assert (created.migrating_from, created.name) == (theirs.id, theirs.name)


def test_a_survey_tells_of_the_account_its_numbers_and_its_apps(bench: Bench) -> None:
    survey = survey_of(bench.send(CallKind.SURVEY).body, bench.number.phone.e164)
    assert survey.account == account_seen(bench.send(CallKind.SURVEY_SOURCE).body["account"])
    assert (survey.account.review, survey.account.verification) == ("APPROVED", "verified")
    assert survey.listed == (bench.number.id, bench.number.display)
    assert (survey.numbers, survey.subscribed) == (len(bench.world.account.numbers), False)
    bench.simulator.control.change_number(bench.number.id, state="MIGRATED")
    assert survey_of(bench.send(CallKind.SURVEY).body, bench.number.phone.e164).listed is None


def test_a_survey_leaves_out_what_the_version_does_not_know(bench: Bench) -> None:
    """A number's field of the same name stays asked for."""
    bench.simulator.control.change_account(bench.waba, hides=["owner_business_info", "on_behalf_of_business_info"])
    assert survey_of(bench.send(CallKind.SURVEY).body, PHONE).account.business is None
    assert bench.send(CallKind.READ_SOURCE).body["new_name_status"] == "NONE"


def test_a_look_finds_the_number(bench: Bench) -> None:
    answer = bench.send(CallKind.LOOK)
    assert (answer.outcome, answer.body) == (Outcome.OK, {"account_readable": True, "listed": True})


def test_a_look_finds_the_number_on_a_later_page(bench: Bench) -> None:
    added = [bench.simulator.control.add_number(bench.waba, f"+1555020{last:04d}") for last in range(205)]
    for number in (bench.number, added[0], added[100], added[-1]):
        assert bench.send(CallKind.LOOK, number.id).body == {"account_readable": True, "listed": True}
    assert bench.send(CallKind.LOOK, "77").body == {"account_readable": True, "listed": False}


def test_a_look_misses_a_number_that_is_gone_or_in_another_account(bench: Bench) -> None:
    control = bench.simulator.control
    elsewhere = control.add_number(control.add_account("Other").id, "+15550100999")
    control.manage(bench.number.id, delete=True)
    for number in (elsewhere.id, bench.number.id):
        assert bench.send(CallKind.LOOK, number).body == {"account_readable": True, "listed": False}


def _dead_token(bench: Bench) -> None:
    bench.token = bench.simulator.control.add_token([bench.waba], revoked=460).text


def _foreign_token(bench: Bench) -> None:
    other = bench.simulator.control.add_account("Other")
    bench.token = bench.simulator.control.add_token([other.id]).text


def _not_an_account(bench: Bench) -> None:
    bench.waba = bench.number.id


LOCKED = [
    pytest.param(_dead_token, 190, id="a dead token"),
    pytest.param(_foreign_token, 100, id="a token of another account"),
    pytest.param(_not_an_account, 100, id="the id of a number"),
]


@pytest.mark.parametrize(("break_it", "code"), LOCKED)
def test_a_look_at_an_account_that_is_locked_to_us(bench: Bench, break_it: Any, code: int) -> None:
    break_it(bench)
    answer = bench.send(CallKind.LOOK)
    assert answer.error is not None
    assert (answer.outcome, answer.error.code) == (Outcome.REFUSED, code)
    assert answer.body == {"account_readable": False, "listed": None}


@pytest.mark.parametrize("error", [1, 2, 4, 17, 80008, 368, 131016, 131057])
def test_trouble_of_another_kind_does_not_make_an_account_unreadable(bench: Bench, error: int) -> None:
    bench.simulator.control.add_fault("*", "error", times=1, error=error)
    answer = bench.send(CallKind.LOOK)
    assert answer.error is not None
    assert (answer.outcome, answer.error.code) == (Outcome.REFUSED, error)
    assert answer.body == {"account_readable": None, "listed": None}


@pytest.mark.parametrize(
    ("do", "error", "outcome", "readable"),
    [
        ("error", 200, Outcome.REFUSED, False),
        ("error", 80008, Outcome.REFUSED, True),
        ("html503", None, Outcome.IN_DOUBT, True),
        ("refuse", None, Outcome.UNREACHABLE, True),
    ],
)
def test_an_account_that_can_be_read_and_not_listed(
    bench: Bench, do: str, error: int | None, outcome: Outcome, readable: bool
) -> None:
    bench.simulator.control.add_fault("list", do, times=1, error=error)
    answer = bench.send(CallKind.LOOK)
    assert (answer.outcome, answer.body) == (outcome, {"account_readable": readable, "listed": None})
