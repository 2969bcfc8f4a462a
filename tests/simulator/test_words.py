"""The texts: repeatable by seed, in several wordings, units and languages, with or without an echo."""

from __future__ import annotations

import random

import pytest
from graph_script import OTHER_PIN, Script

from linewright.simulator.codes import TABLE
from linewright.simulator.simulator import Simulator
from linewright.simulator.truth import Temper
from linewright.simulator.wordings import DETAILS, LANGUAGES, USER_TEXTS, duration

ALL = Temper(languages=LANGUAGES, varied_units=True)


def story(seed: int, temper: Temper | None = None) -> list[dict[str, object]]:
    script = Script(Simulator(seed=seed, temper=temper))
    bodies = []
    for digits in ("133000", "133004", "133005", "133008", "133009", "133015", "133016"):
        for _ in range(4):
            number = script.number(digits)
            body = {"messaging_product": "whatsapp", "pin": OTHER_PIN}
            bodies.append(script.call("POST", f"/{number.id}/register", json=body).json())
            script.wait(40)
    return bodies


def test_the_same_seed_says_the_same() -> None:
    assert story(7) == story(7)
    assert story(7, Temper(languages=LANGUAGES)) == story(7, Temper(languages=LANGUAGES))


def test_another_seed_says_it_otherwise() -> None:
    assert story(7) != story(8)


def test_one_phone_does_not_change_the_words_of_another() -> None:
    quiet, busy = Script(Simulator(seed=3)), Script(Simulator(seed=3))
    for _ in range(5):
        busy.register(busy.number("133000"))
    body = {"messaging_product": "whatsapp", "pin": OTHER_PIN}
    said = []
    for script in (quiet, busy):
        number = script.number("133005")
        error = script.call("POST", f"/{number.id}/register", json=body).json()["error"]
        said.append({name: text for name, text in error.items() if name != "fbtrace_id"})
    assert said[0] == said[1]


def test_wordings_vary_and_some_bodies_are_bare() -> None:
    errors = [body["error"] for seed in range(30) for body in story(seed) if "error" in body]
    for code in (133000, 133004, 133015):
        mine = [error for error in errors if error["code"] == code]
        texts = {error["error_data"]["details"] for error in mine if "error_data" in error}
        assert len(texts) >= 2
        assert any("error_data" not in error for error in mine)


def test_english_is_the_default_and_others_come_when_asked() -> None:
    english = {text for texts in DETAILS.values() for text in texts["en"]}
    for seed in range(10):
        for body in story(seed):
            details = body.get("error", {}).get("error_data", {}).get("details", "")
            bare_of_time = [text.split("{wait}")[0] for text in english]
            assert any(details.startswith(text) for text in bare_of_time if text) or not details
    mixed = " ".join(str(body) for seed in range(20) for body in story(seed, ALL))
    assert "Versuche es in" in mixed
    assert "Tunggu" in mixed


def test_a_wait_is_told_in_the_largest_unit_unless_units_vary() -> None:
    chance = random.Random(1)
    plain = {seconds: duration(seconds, "en", False, chance) for seconds in (45, 60, 90, 7 * 3600, 25150, 1)}
    assert plain == {
        45: "45 seconds",
        60: "1 minute",
        90: "90 seconds",
        25200: "7 hours",
        25150: "7 hours",
        1: "1 second",
    }
    varied = {duration(7 * 3600, "pt", True, chance) for _ in range(200)}
    assert {"7 hours", "420 minutes", "7 horas", "420 minutos"} <= varied


@pytest.mark.parametrize("seconds", [0.4, 1, 59.2, 61, 3599, 3601, 7000, 86399])
def test_a_told_wait_is_never_too_short(seconds: float) -> None:
    sizes = {"second": 1, "minute": 60, "hour": 3600}
    amount, unit = duration(seconds, "en", True, random.Random(5)).split()
    assert seconds <= int(amount) * sizes[unit.removesuffix("s")] <= seconds + 60


def test_every_text_named_in_the_table_exists_in_english() -> None:
    for code in TABLE.values():
        assert code.details is None or DETAILS[code.details]["en"]
        assert code.user is None or USER_TEXTS[code.user]["en"]


def test_secrets_are_echoed_only_when_asked() -> None:
    for echo in (False, True):
        simulator = Simulator(temper=Temper(echo_secrets=echo))
        script, token = Script(simulator), simulator.world.token.text
        number = script.number("133005")
        body = {"messaging_product": "whatsapp", "pin": "908172"}
        register = script.call("POST", f"/{number.id}/register", json=body)
        unverified = script.number("133006")
        script.request_code(unverified)
        verify = script.call("POST", f"/{unverified.id}/verify_code", json={"code": "000123"})
        text = register.text + str(register.headers) + verify.text
        assert ("908172" in text, token in text, "000123" in text) == (echo, echo, echo)
        script.client.headers["authorization"] = "Bearer EAAunknownunknownunknownunknown"
        refused = script.call("GET", f"/{number.id}").text
        assert ("EAAunknown" in refused) is echo
