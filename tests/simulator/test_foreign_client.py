"""pywa, unmodified, through its own `session` argument: the simulator must satisfy a client that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import RegistrationOrDeregistrationFailed, WhatsAppError

from linewright.simulator.simulator import RunningSimulator, Simulator
from linewright.simulator.transport import Redirect
from linewright.simulator.truth import Number

PIN = "246810"


@pytest.fixture(params=["in-process", "over HTTP"])
def simulator(request: pytest.FixtureRequest) -> Simulator:
    name = "linewright_simulator" + ("_server" if request.param == "over HTTP" else "")
    found: Simulator = request.getfixturevalue(name)
    return found


@pytest.fixture
def pywa(simulator: Simulator) -> Iterator[WhatsApp]:
    running = isinstance(simulator, RunningSimulator)
    transport = Redirect(simulator.graph_url) if running else simulator.transport
    session = httpx.Client(transport=transport)
    yield WhatsApp(
        phone_id=simulator.world.numbers["133010"].id,
        waba_id=simulator.world.account.id,
        token=simulator.world.token.text,
        session=session,
    )
    session.close()


def refusal(call: object, *arguments: object, **options: object) -> WhatsAppError:
    with pytest.raises(WhatsAppError) as caught:
        call(*arguments, **options)  # type: ignore[operator]  # any bound method of pywa
    return caught.value


def number(simulator: Simulator, digits: str) -> Number:
    return simulator.world.numbers[digits]


def test_it_registers_and_deregisters(simulator: Simulator, pywa: WhatsApp) -> None:
    assert pywa.register_phone_number(pin=PIN).success
    assert pywa.get_business_phone_number().platform_type == "CLOUD_API"
    assert simulator.control.number("+15550133010")["online"]
    assert pywa.deregister_phone_number().success
    assert not simulator.control.number("+15550133010")["registered"]


def test_it_requests_and_verifies_a_code(simulator: Simulator, pywa: WhatsApp) -> None:
    lapsed = number(simulator, "133006")
    assert refusal(pywa.register_phone_number, pin=PIN, phone_id=lapsed.id).code == 133006
    assert pywa.request_verification_code(code_method="SMS", language_code="en_US", phone_id=lapsed.id).success
    wrong = refusal(pywa.verify_phone_number, "000000", phone_id=lapsed.id)
    assert (wrong.code, wrong.subcode) == (136025, 2388093)
    code = simulator.control.latest_code(lapsed.phone.e164)
    assert pywa.verify_phone_number(code, phone_id=lapsed.id).success
    simulator.control.advance(35)
    assert pywa.register_phone_number(pin=PIN, phone_id=lapsed.id).success


def test_it_meets_the_same_errors(simulator: Simulator, pywa: WhatsApp) -> None:
    for digits in ("133000", "133004", "133005", "133006", "133008", "133009", "133015", "133016"):
        error = refusal(pywa.register_phone_number, pin="111222", phone_id=number(simulator, digits).id)
        assert error.code == int(digits)
        assert error.fbtrace_id
    assert isinstance(error, RegistrationOrDeregistrationFailed)
    locked = refusal(pywa.register_phone_number, pin=PIN, phone_id=number(simulator, "133008").id)
    assert locked.details is not None
    assert "7 hours" in locked.details
    assert refusal(pywa.send_message, to="15550109999", text="hello").code == 133010
    assert refusal(pywa.register_phone_number, pin=PIN, phone_id="+15550100002").subcode == 33


def test_it_lists_the_numbers(simulator: Simulator, pywa: WhatsApp) -> None:
    found = [each.id for each in pywa.get_business_phone_numbers()]
    assert found == simulator.world.account.numbers
