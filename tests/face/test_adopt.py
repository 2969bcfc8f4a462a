"""Adoption through the Python face: from a session event to a number online, whatever comes between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from tests.face.conftest import START
from tests.support.signups import PHONE, Customer, app_kept, customer

from linewright.clock import JumpingClock
from linewright.errors import LinewrightError, RemoteUnavailable, UsageError
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import Simulator
from linewright.store import tables as t

Story = Callable[[Linewright], Awaitable[None]]
Play = Callable[[Story], None]
FORTNIGHT = timedelta(days=14)


@pytest.fixture
def play(options: dict[str, Any], simulator: Simulator) -> Play:
    def played(story: Story) -> None:
        async def whole() -> None:
            async with Linewright(**options) as lw:
                await app_kept(lw, simulator)
                await story(lw)

        asyncio.run(whole())

    return played


def calls(simulator: Simulator, kind: str) -> int:
    return sum(call.kind == kind for call in simulator.control.calls())


async def refused(lw: Linewright, kind: type[LinewrightError] = UsageError, **asked: Any) -> LinewrightError:
    with pytest.raises(kind) as error:
        await lw.adopt(**asked)
    assert error.value.fix
    return error.value


def test_from_a_code_to_a_number_online(play: Play, simulator: Simulator, clock: JumpingClock) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        adopted = await lw.adopt(**came.asked)
        assert adopted["account"] | {"numbers": 0} == adopted["account"] | {
            "name": "lucky-shrub", "waba": came.waba, "state": "ok", "numbers": 0,
        }  # fmt: skip
        assert adopted["operation"]["goal"] == "register"
        assert adopted["number"]["id"] == came.number
        first = [call.kind for call in simulator.control.calls()]
        assert first[0] == "buy_token", "nothing comes before the exchange"
        ended = await lw.drive(adopted["operation"]["id"])
        assert (ended["state"], ended["reason"]) == ("done", "registered")
        assert simulator.control.number(came.number or "")["online"] is True
        state = simulator.control.state()
        assert [each["subscribed"] for each in state["accounts"] if each["id"] == came.waba] == [[came.app]]
        line = lw.office.store.accounts.line("lucky-shrub")
        assert (line.app_id, line.has_app_secret) == (came.app, True), "its webhooks are taken at once"
        shown = {each["type"]: each for each in await lw.conditions(came.number or "")}
        assert shown["WebhookSubscribed"]["status"] == "true"
        assert shown["TokenValid"]["status"] == "true"

    play(story)


def test_the_last_day_is_shown_until_it_is_registered(play: Play, simulator: Simulator, clock: JumpingClock) -> None:
    async def story(lw: Linewright) -> None:
        simulator.control.change_temper(registration_down_until=(START + timedelta(days=3)).isoformat())
        came = customer(simulator)
        adopted = await lw.adopt(**came.asked)
        assert adopted["last_day"] == "2026-05-18T09:00:00Z"
        assert adopted["operation"]["state"] == "waiting"
        words = "It must be registered by 18 May 2026, 09:00 UTC: 14 days after its Embedded Signup."
        assert words in adopted["operation"]["next_step"]
        shown = {each["type"]: each for each in await lw.conditions(came.number or "")}
        assert words in shown["Registered"]["message"]
        ended = await lw.drive(adopted["operation"]["id"])
        assert ended["state"] == "done"
        again = await lw.adopt(**came.asked)
        assert again["last_day"] is None

    play(story)


def test_after_the_last_day_nothing_is_sent_before_a_new_signup(
    play: Play, simulator: Simulator, clock: JumpingClock
) -> None:
    async def story(lw: Linewright) -> None:
        simulator.control.change_temper(registration_down_until=(START + timedelta(days=30)).isoformat())
        came = customer(simulator)
        adopted = await lw.adopt(**came.asked)
        clock.jump_to(START + FORTNIGHT)
        sent = calls(simulator, "register")
        late = await lw.push(adopted["operation"]["id"])
        assert (late["state"], late["task"]["kind"]) == ("asking", "fix")
        assert "Embedded Signup once more" in late["task"]["question"]
        assert calls(simulator, "register") == sent
        condition = (await lw.conditions(came.number or ""))[0]
        assert (condition["reason"], condition["status"]) == ("signup-over", "false")
        simulator.control.change_temper(registration_down_until=None)
        anew = customer(simulator, waba=came.waba)
        again = await lw.adopt(**anew.asked)
        assert again["operation"]["id"] == late["id"], "the same operation goes on"
        assert again["last_day"] == "2026-06-01T09:00:00Z"
        assert (await lw.drive(late["id"]))["state"] == "done"

    play(story)


def test_a_person_may_try_after_the_last_day_all_the_same(
    play: Play, simulator: Simulator, clock: JumpingClock
) -> None:
    async def story(lw: Linewright) -> None:
        simulator.control.change_temper(signup_window_seconds=60 * 24 * 3600)
        simulator.control.change_temper(registration_down_until=(START + timedelta(days=15)).isoformat())
        adopted = await lw.adopt(**customer(simulator).asked)
        clock.jump_to(START + timedelta(days=16))
        late = await lw.push(adopted["operation"]["id"])
        await lw.answer(late["task"]["id"], done=True)
        assert (await lw.drive(late["id"]))["state"] == "done"

    play(story)


def test_the_same_request_again_opens_nothing(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        first, fresh = await lw.adopt_anew(**came.asked)
        again, anew = await lw.adopt_anew(**came.asked)
        assert (fresh, anew) == (True, False)
        assert again["operation"]["id"] == first["operation"]["id"]
        await lw.drive(first["operation"]["id"])
        later, anew = await lw.adopt_anew(**came.asked)
        assert (later["operation"]["id"], later["operation"]["state"], anew) == (
            first["operation"]["id"],
            "done",
            False,
        )
        assert (len(await lw.accounts()), len(await lw.operations()), calls(simulator, "buy_token")) == (1, 1, 1)
        assert calls(simulator, "register") == 1

    play(story)


def test_a_double_click_is_one_adoption(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        both = await asyncio.gather(lw.adopt(**came.asked), lw.adopt(**came.asked))
        assert both[0]["operation"]["id"] == both[1]["operation"]["id"]
        assert (len(await lw.accounts()), len(await lw.operations()), calls(simulator, "buy_token")) == (1, 1, 1)

    play(story)


def test_a_token_in_hand_twice_is_one_adoption(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        token = Secret(simulator.remote.add_token([came.waba], app=came.app).text)
        first = await lw.adopt(came.waba, token=token, number=PHONE)
        assert first["last_day"] == "2026-05-18T09:00:00Z", "by last_onboarded_time"
        again = await lw.adopt(came.waba, token=token, number=came.number)
        assert again["operation"]["id"] == first["operation"]["id"]
        await lw.drive(first["operation"]["id"])
        later = await lw.adopt(came.waba, token=token, number=came.number)
        assert later["operation"]["id"] == first["operation"]["id"]
        assert "online already; nothing was spent" in later["message"]
        assert (len(await lw.accounts()), len(await lw.operations()), calls(simulator, "register")) == (1, 1, 1)

    play(story)


def test_an_account_that_is_there_gets_the_new_token(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        world = simulator.world
        await lw.add_account("shop", world.account.id, Secret(world.token.text))
        simulator.remote.tokens[world.token.text].revoked = 460
        with suppress(UsageError):
            await lw.check_account("shop")
        assert (await lw.accounts())[0]["state"] == "on_hold"
        came = customer(simulator, waba=world.account.id)
        adopted = await lw.adopt(**came.asked)
        assert (adopted["account"]["name"], adopted["account"]["state"]) == ("shop", "ok")
        assert adopted["account"]["numbers"] == 13
        assert lw.office.store.accounts.open_token("shop").open_secret() != world.token.text

    play(story)


def test_a_wrong_token_never_replaces_a_good_one(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        world = simulator.world
        await lw.add_account("shop", world.account.id, Secret(world.token.text))
        stranger = customer(simulator)
        wrong = stranger.asked | {"waba": world.account.id}
        error = await refused(lw, **wrong)
        assert error.reason == "account"
        assert lw.office.store.accounts.open_token("shop").open_secret() == world.token.text
        adopted = await lw.adopt(**stranger.asked)
        assert adopted["account"]["waba"] == stranger.waba, "the code was not lost: the right WABA, and it goes on"
        assert calls(simulator, "buy_token") == 1
        taken = await refused(lw, **wrong)
        assert taken.reason == "code-used"

    play(story)


def test_names_are_made_unique(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        names = []
        for name in ["Lucky Shrub", "Lucky shrub", "LUCKY SHRUB", "Café Ümlaut & Söhne", "招财树", "..", "a" * 200]:
            came = customer(simulator, name=name, event="FINISH_ONLY_WABA")
            names.append((await lw.adopt(**came.asked))["account"]["name"])
        assert names[0] == "lucky-shrub"
        assert names[3] == "cafe-umlaut-sohne"
        assert len(set(names)) == len(names)
        assert all(len(each) <= 64 and each.isascii() for each in names)

    play(story)


def test_a_removed_account_gets_its_name_back_and_another_waba_never(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        adopted = await lw.adopt(**(came.asked | {"name": "mine"}))
        await lw.drive(adopted["operation"]["id"])
        await lw.remove_account("mine")
        other = customer(simulator, name="Mine", e164="+5511987650002")
        assert (await lw.adopt(**other.asked))["account"]["name"] == f"mine-{other.waba[-4:]}"
        anew = customer(simulator, waba=came.waba)
        assert (await lw.adopt(**anew.asked))["account"]["name"] == "mine"

    play(story)


def test_a_signup_without_a_number(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator, event="FINISH_ONLY_WABA")
        adopted = await lw.adopt(**came.asked, event=came.event)
        assert (adopted["number"], adopted["operation"], adopted["last_day"]) == (None, None, None)
        assert "It has no number yet" in adopted["message"]
        assert "linewright number add" in adopted["next_step"]
        assert calls(simulator, "register") == 0

    play(story)


def test_what_nobody_named_is_proposed_and_not_registered(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        bare = {name: value for name, value in came.asked.items() if name != "number"}
        adopted = await lw.adopt(**bare)
        assert (adopted["number"]["id"], adopted["operation"]) == (came.number, None)
        assert adopted["last_day"] == "2026-05-18T09:00:00Z"
        assert "nobody named it" in adopted["message"]
        assert calls(simulator, "register") == 0
        named = await lw.adopt(**came.asked)
        assert named["operation"]["number"]["id"] == came.number
        simulator.control.add_number(came.waba, "+5511987650003")
        simulator.control.add_number(came.waba, "+5511987650004")
        await lw.drive(named["operation"]["id"])
        several = await lw.adopt(**bare)
        assert several["number"] is None
        assert "none was named" in several["message"]

    play(story)


def test_coexistence_is_never_registered(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator, event="FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING")
        told, named = {"event": came.event}, {"number": came.number}
        for more in ({}, told, named, told | named):
            adopted = await lw.adopt(**(came.asked | more))
            assert (adopted["operation"], adopted["last_day"]) == (None, None)
            assert adopted["number"]["standing"] == "coexistence"
            assert "WhatsApp Business app" in adopted["message"]
            assert "24 hours" in adopted["next_step"]
            assert "smb_app_data" in adopted["next_step"]
        assert calls(simulator, "register") == 0

    play(story)


def test_coexistence_that_does_not_read_so_yet_is_not_registered_either(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator, event="FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING")
        late = {"is_on_biz_app": None, "status": "PENDING", "platform_type": "NOT_APPLICABLE"}
        simulator.control.change_number(came.number or "", shows=late)
        adopted = await lw.adopt(**came.asked, number=came.number, event=came.event["event"])
        assert adopted["operation"] is None
        assert "never registered here" in adopted["message"]
        assert calls(simulator, "register") == 0

    play(story)


def test_the_session_event_brings_the_ids(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        adopted = await lw.adopt(code=Secret(came.code), app=came.app, event=came.event)
        assert (adopted["account"]["waba"], adopted["number"]["id"]) == (came.waba, came.number)
        other = customer(simulator, e164="+5511987650002")
        error = await refused(lw, **(other.asked | {"event": came.event}))
        assert error.reason == "event"

    play(story)


def test_a_cancelled_signup_is_told(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        gone = simulator.control.sign_up(event="CANCEL", step="PHONE_NUMBER_SETUP")["event"]
        error = await refused(lw, event=gone)
        assert (error.reason, "PHONE_NUMBER_SETUP" in error.message) == ("signup-cancelled", True)
        failed = {**gone, "data": {"error_message": "Your number is in use.", "error_id": "524126", "session_id": "s"}}
        error = await refused(lw, event=failed)
        assert (error.reason, "Your number is in use." in error.message) == ("signup-failed", True)
        assert await lw.accounts() == []
        assert simulator.control.calls() == []

    play(story)


def test_nothing_is_asked_of_the_remote_for_what_does_not_fit(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came, token = customer(simulator), Secret("EAAG" + "x" * 40)
        cases: list[tuple[str, dict[str, Any]]] = [
            ("waba", came.asked | {"waba": "shop"}),
            ("waba", came.asked | {"waba": None}),
            ("usage", came.asked | {"token": token}),
            ("usage", came.asked | {"app": None}),
            ("usage", {"waba": came.waba}),
            ("unknown-app", came.asked | {"app": "999"}),
            ("token", {"waba": came.waba, "token": Secret("short")}),
        ]
        for reason, asked in cases:
            assert (await refused(lw, **asked)).reason == reason, asked
        assert simulator.control.calls() == []

    play(story)


def test_ids_that_are_something_else(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        number = await refused(lw, **(came.asked | {"number": "300000000000999"}))
        assert number.reason == "not-in-account"
        assert came.number is not None
        assert came.number in number.fix
        assert (await refused(lw, **(came.asked | {"waba": came.number}))).reason == "not-a-waba"
        portfolio = came.event["data"]["business_id"]
        assert (await refused(lw, **(came.asked | {"waba": portfolio}))).reason == "account"
        assert (await lw.accounts(), calls(simulator, "register")) == ([], 0)
        adopted = await lw.adopt(**came.asked)
        assert adopted["operation"], "all that while the token was kept: the right ids, and it goes on"
        assert calls(simulator, "buy_token") == 1

    play(story)


def test_a_code_that_is_too_old_or_used_says_run_the_signup_again(
    play: Play, simulator: Simulator, clock: JumpingClock
) -> None:
    async def story(lw: Linewright) -> None:
        old = customer(simulator)
        clock.jump_to(START + timedelta(seconds=31))
        error = await refused(lw, **old.asked)
        assert (error.reason, "100/36007" in error.message) == ("code-refused", True)
        assert "Embedded Signup once more" in error.fix
        assert error.fbtrace_id
        used = customer(simulator)
        app = simulator.remote.apps[used.app]
        form = {"client_id": app.id, "client_secret": app.secret, "code": used.code}
        httpx.Client(transport=simulator.transport).post("https://g.test/v25.0/oauth/access_token", data=form)
        error = await refused(lw, **used.asked)
        assert (error.reason, "100/36009" in error.message) == ("code-refused", True)
        assert await lw.accounts() == []

    play(story)


def test_an_app_with_a_wrong_secret_and_an_app_of_somebody_else(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        other = simulator.remote.add_app("Another")
        await lw.add_app(other.id, Secret(other.secret))
        assert (await refused(lw, **(came.asked | {"app": other.id}))).reason == "other-app"
        await lw.add_app(came.app, Secret("0" * 32))
        wrong = await refused(lw, **came.asked)
        assert (wrong.reason, "linewright app add" in wrong.fix) == ("app-secret", True)
        await app_kept(lw, simulator)
        assert (await lw.adopt(**came.asked))["operation"], "the code was not spent"
        token = Secret(simulator.remote.add_token([came.waba], app=came.app).text)
        error = await refused(lw, waba=came.waba, token=token, app=other.id)
        assert error.reason == "other-app"

    play(story)


def test_the_secret_of_an_account_will_do(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        world, secret = simulator.world, Secret(simulator.world.app.secret)
        await lw.remove_app(world.app.id)
        assert await lw.apps() == []
        await lw.add_account("shop", world.account.id, Secret(world.token.text), app_secret=secret)
        assert (await lw.adopt(**customer(simulator).asked))["operation"]

    play(story)


def test_an_exchange_that_did_not_happen_is_asked_again(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        for fault in ("drop_before", "hang", "html503", "refuse"):
            simulator.control.add_fault("buy_token", fault)
            error = await refused(lw, RemoteUnavailable, **came.asked)
            assert "same request again at once" in error.fix
            assert "one exchange" in error.message
        assert (await lw.adopt(**came.asked))["operation"]

    play(story)


def test_a_lost_answer_is_told_plainly(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        for fault in ("drop_after", "hang_after", "html503_after", "empty", "truncated"):
            came = customer(simulator)
            simulator.control.add_fault("buy_token", fault)
            error = await refused(lw, RemoteUnavailable, **came.asked)
            assert error.reason == "in-doubt"
            assert "not known" in error.message
            assert (await refused(lw, **came.asked)).reason == "code-refused"
        assert await lw.accounts() == []

    play(story)


def test_trouble_of_the_remote_spends_no_code(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        simulator.control.add_fault("buy_token", "error", error=2)
        error = await refused(lw, RemoteUnavailable, **came.asked)
        assert "for a reason of its own" in error.message
        assert (await lw.adopt(**came.asked))["operation"]

    play(story)


def test_what_is_only_looked_at_fails_nothing(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        for kind in ("batch", "subscriptions", "subscribe"):
            simulator.control.add_fault(kind, "error", error=200, until=3600.0)
        came = customer(simulator)
        assert (await lw.adopt(**came.asked))["operation"]
        simulator.control.clear_faults()
        simulator.control.add_fault("subscribe", "error", error=200, until=3600.0)
        other = customer(simulator, e164="+5511987650002")
        assert (await lw.adopt(**other.asked))["operation"]
        shown = {each["type"]: each for each in await lw.conditions(other.number or "")}
        assert shown["WebhookSubscribed"]["reason"] == "not-subscribed"

    play(story)


def test_targets_that_are_missing_are_no_fault(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        simulator.control.change_temper(granular_targets=False)
        assert (await lw.adopt(**customer(simulator).asked))["operation"]

    play(story)


def test_a_token_that_lacks_a_permission(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator, scopes=["whatsapp_business_messaging"])
        error = await refused(lw, **came.asked)
        assert (error.reason, "permissions" in error.fix) == ("account", True)
        half = customer(simulator, scopes=["whatsapp_business_management"], e164="+5511987650002")
        await lw.adopt(**half.asked)
        shown = {each["type"]: each for each in await lw.conditions(half.number or "")}
        assert "whatsapp_business_messaging" in shown["TokenValid"]["message"]

    play(story)


def test_numbers_that_are_not_ours(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        simulator.control.change_number(came.number or "", test_number=True)
        adopted = await lw.adopt(**came.asked)
        assert adopted["operation"] is None
        assert "test number" in adopted["message"]

    play(story)


def test_a_number_whose_two_step_pin_is_on_asks_for_it(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        simulator.control.manage(came.number or "", pin="246810")
        adopted = await lw.adopt(**came.asked)
        assert (adopted["operation"]["state"], adopted["operation"]["task"]["kind"]) == ("asking", "pin")
        assert "It must be registered by 18 May 2026" in adopted["operation"]["next_step"]
        await lw.answer(adopted["operation"]["task"]["id"], value=Secret("246810"))
        assert (await lw.drive(adopted["operation"]["id"]))["state"] == "done"

    play(story)


def test_what_came_to_nothing_is_told_and_not_opened_again(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        simulator.control.manage(came.number or "", pin="246810")
        adopted = await lw.adopt(**came.asked)
        await lw.cancel(adopted["operation"]["id"])
        again, fresh = await lw.adopt_anew(**came.asked)
        assert (again["operation"]["id"], again["operation"]["state"]) == (adopted["operation"]["id"], "cancelled")
        assert ("Cancelled." in again["message"], fresh) == (True, False)
        assert "operation retry" in again["next_step"]

    play(story)


def test_another_goal_is_under_way(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        simulator.control.change_number(came.number or "", verified=False)
        await lw.adopt(**{name: value for name, value in came.asked.items() if name != "number"})
        opened = await lw.open("verify", came.number or "")
        assert (await refused(lw, **came.asked)).reason == "operation-open"
        await lw.cancel(opened["id"])
        assert (await lw.adopt(**came.asked))["operation"]["goal"] == "register"

    play(story)


def test_an_old_number_beside_a_new_signup_is_no_part_of_it(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        old = simulator.control.add_account("Old shop")
        line = simulator.control.add_number(old.id, "+5511987650009", ever_registered=True)
        adopted = await lw.adopt(**customer(simulator, event="FINISH_ONLY_WABA", waba=old.id).asked)
        assert (adopted["number"]["id"], adopted["operation"], adopted["last_day"]) == (line.id, None, None)

    play(story)


def test_what_is_kept_is_adopted_without_code_or_token(play: Play, simulator: Simulator) -> None:
    async def story(lw: Linewright) -> None:
        came = customer(simulator)
        await refused(lw, **(came.asked | {"number": "1"}))
        adopted = await lw.adopt(came.waba, number=came.number)
        assert adopted["last_day"] == "2026-05-18T09:00:00Z"
        assert (await lw.adopt(came.waba, number=came.number))["operation"]["id"] == adopted["operation"]["id"]

    play(story)


# Killed in between


class Died(BaseException):
    """The process is gone."""


class Mortal(httpx.AsyncBaseTransport):
    """Leads to the simulator, until the process dies at its nth call, `after` or before the remote has heard it."""

    def __init__(self, simulator: Simulator, at: int, *, after: bool) -> None:
        self.left, self.after, self.inner = at, after, simulator.transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Died
        response = await self.inner.handle_async_request(request)
        if self.left == 0:
            raise Died
        return response


@pytest.mark.parametrize(("at", "after"), [(1, False), (1, True), (2, False), *((at, True) for at in range(2, 12))])
def test_killed_at_any_call_the_same_request_ends_alike(
    options: dict[str, Any], simulator: Simulator, clock: JumpingClock, at: int, after: bool
) -> None:
    came = customer(simulator)

    async def dies() -> bool:
        mortal = options | {"transport": Mortal(simulator, at, after=after)}
        async with Linewright(**mortal) as lw:
            await app_kept(lw, simulator)
            try:
                await lw.adopt(**came.asked)
            except Died:
                return True
            return False

    async def goes_on(came: Customer) -> None:
        async with Linewright(**options) as lw:
            adopted = await lw.adopt(**came.asked)
            operation = adopted["operation"]["id"]
            assert (await lw.drive(operation))["state"] == "done"
            assert [each["waba"] for each in await lw.accounts()] == [came.waba]
            assert [each["id"] for each in await lw.operations()] == [operation]
            with lw.office.store.database.reading() as connection:
                assert connection.execute(select(t.adoptions.c.bought)).scalars().all() == [None]

    assert asyncio.run(dies()), "an adoption makes so many calls"
    lost = at == 1 and after
    if lost:  # the one moment at which nobody has what the code bought: a new signup
        came = customer(simulator, waba=came.waba)
    asyncio.run(goes_on(came))
    assert calls(simulator, "buy_token") == (2 if lost else 1)
    assert simulator.control.number(came.number or "")["register"]["used"] <= 2
