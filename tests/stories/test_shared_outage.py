"""The shared ladder of 133004: many numbers, several accounts, one outage; they take turns to find its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.support.stories import Stage

from linewright.engine.turn import Turned, turn
from linewright.simulator.calls import LoggedCall

MINUTE, HOUR = 60, 3600
ACCOUNTS, EACH = 3, 100
LATE = 5 * HOUR
"""The ladder's rungs before the end of three hours add up to 86 minutes; the next one takes four hours."""


def run_all(stage: Stage) -> None:
    stage.do(stage.lw.office.local.run_all())


def registers(stage: Stage) -> list[LoggedCall]:
    return [call for call in stage.door.calls() if call.kind == "register"]


def phones(calls: list[LoggedCall]) -> list[str | None]:
    return [call.e164 for call in calls]


def second(stage: Stage, call: LoggedCall) -> float:
    """When a call was made, in seconds since the stage began."""
    return stage.passed - (stage.clock.now() - call.started_at).total_seconds()


def with_accounts(stage: Stage, accounts: int, each: int) -> list[str]:
    """So many more accounts of the same app with so many offline, verified numbers each."""
    numbers = []
    for count in range(accounts):
        account = stage.simulator.remote.add_account()
        token = stage.simulator.remote.add_token([account.id], app=stage.world.app.id)
        account.subscribed[stage.world.app.id] = {}
        for place in range(each):
            e164 = f"+1555{count:03d}{place:04d}"
            numbers.append(stage.door.add_number(account.id, e164, ever_registered=True).id)
        stage.add_account(f"shop-{count}", account.id, token.text)
    return numbers


def test_300_numbers_in_an_outage_of_three_hours_spend_at_most_two_registrations_each(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    numbers = with_accounts(stage, ACCOUNTS, EACH)
    stage.door.change_temper(registration_down_until=3 * HOUR)
    stories = [stage.open("register", number, subscribe=False) for number in numbers]
    run_all(stage)
    calls = registers(stage)
    down = [call for call in calls if call.code == 133004]
    spent = {e164: phones(down).count(e164) for e164 in phones(calls)}
    last = max(second(stage, call) for call in calls)
    figures = {
        "registers refused with 133004": len(down),
        "most of one number": max(spent.values()),
        "registers in all": len(calls),
        "reads in all": sum(call.kind == "read" for call in stage.door.calls()),
        "seconds from the end of the outage to the first good answer": round(
            min(second(stage, call) for call in calls if call.code is None) - 3 * HOUR
        ),
        "seconds from the first good answer to the last": round(
            last - min(second(stage, call) for call in calls if call.code is None)
        ),
    }
    for name, figure in figures.items():
        record_property(name, figure)
    assert all(stage.door.number(story.number)["online"] for story in stories), figures
    assert max(spent.values()) <= 2, figures
    assert max(phones(calls).count(e164) for e164 in phones(calls)) <= 2, figures
    assert len(down) <= 2 + 4, figures
    assert last <= 3 * HOUR + LATE, figures


# Two numbers


def test_the_second_number_is_the_probe_when_it_spent_less(stage: Stage) -> None:
    stage.door.change_temper(registration_down_until=4 * MINUTE)
    first = stage.open("register", stage.number()).later(minutes=2)
    first.called("register 133004", "register 133004")
    second = stage.open("register", stage.number()).push().called("register 133004")
    run_all(stage)
    assert phones(registers(stage)) == [first.e164, first.e164, second.e164, second.e164, first.e164]
    ok = registers(stage)[-2:]
    assert [call.code for call in ok] == [None, None]
    assert 1 <= (ok[1].started_at - ok[0].started_at).total_seconds() <= 10
    for story in (first, second):
        story.push().comes_online()


def test_a_number_that_has_not_tried_waits_too_and_is_told_why(stage: Stage) -> None:
    stage.door.change_temper(registration_down_until=HOUR)
    for _ in range(2):
        stage.open("register", stage.number()).push()
    third = stage.open("register", stage.number()).push()
    third.called().waiting("server-down", "several numbers", "take turns")
    assert "metastatus.com" not in third.said
    third.later(minutes=10)
    stage.do(stage.run_for(minutes=30))
    operation = stage.do(stage.lw.operation(third.id))
    assert "metastatus.com" in operation["message"]
    assert "Support" in operation["message"]
    run_all(stage)
    assert stage.door.number(third.number)["online"]


def test_when_the_only_other_number_is_cancelled_the_one_left_goes_on(stage: Stage) -> None:
    stage.door.change_temper(registration_down_until=20 * MINUTE)
    left = stage.open("register", stage.number()).push()
    other = stage.open("register", stage.number()).push().waiting("server-down")
    other.cancel().drive().ends("cancelled", "cancelled")
    left.drive().comes_online().never_asked()
    assert left.calls == ["register 133004"] * 3 + ["register ok"]
    for gap, minutes in zip(left.gaps(), (1, 5, 20), strict=True):
        assert 0.9 * minutes * MINUTE <= gap <= 1.1 * minutes * MINUTE + 4 * 30


def test_another_refusal_of_the_registration_server_ends_the_outage(stage: Stage) -> None:
    stage.answers("register", 133004, 133004, 133005)
    stories = [stage.open("register", stage.number()) for _ in range(3)]
    run_all(stage)
    calls = registers(stage)
    assert [call.code for call in calls] == [133004, 133004, 133005, None, None]
    assert calls[2].e164 == stories[2].e164
    stories[2].push().asks("pin", "133005")
    assert (calls[-1].started_at - calls[2].started_at).total_seconds() <= MINUTE
    for story in stories[:2]:
        story.push().comes_online()


def test_a_dead_token_of_the_probe_says_nothing_of_the_server(stage: Stage) -> None:
    stage.answers("register", 133004, 133004, 190)
    stories = [stage.open("register", stage.number()) for _ in range(4)]
    run_all(stage)
    calls = registers(stage)
    assert [call.code for call in calls][:3] == [133004, 133004, 190]
    assert all(stage.door.number(story.number)["online"] for story in stories), [call.code for call in calls]


def test_what_the_remote_told_holds_them_all(stage: Stage) -> None:
    stage.answers("register", 133004, {"code": 133004, "details": "Please try again in 3 hours."})
    stories = [stage.open("register", stage.number()) for _ in range(3)]
    run_all(stage)
    calls = registers(stage)
    assert (calls[2].started_at - calls[1].started_at).total_seconds() >= 3 * HOUR
    assert len(calls) == 5
    for story in stories:
        story.push().comes_online()


def test_numbers_that_are_down_alone_beside_healthy_ones_spend_as_if_they_were_alone(stage: Stage) -> None:
    """The outage seems to end with each good answer, and to begin again with each freed number."""
    down = [stage.number(e164=f"+1555{count}133004") for count in range(4)]
    stories = [stage.open("register", number) for number in down]
    for _ in range(8):
        stage.do(stage.run_for(minutes=3))
        stage.open("register", stage.number())
    run_all(stage)
    for story in stories:
        story.push().comes_online()
        assert story.count("register") <= 5, story


def test_turns_that_run_side_by_side_send_one_probe(stage: Stage) -> None:
    """Each has read its number when the first takes the place: the others look again and rest."""
    stage.door.change_temper(registration_down_until=HOUR)
    stories = [stage.open("register", stage.number()) for _ in range(2)]
    for story in stories:
        story.push().called("register 133004")
    stage.wait(minutes=3)
    stories += [stage.open("register", stage.number()) for _ in range(4)]

    async def all_at_once() -> list[Turned]:
        return await asyncio.gather(*(turn(story.id, stage.lw.office.ports) for story in stories))

    rested = [turned.rested for turned in stage.do(all_at_once())]
    assert len(registers(stage)) == 3
    assert all(each is not None and each.reason == "server-down" for each in rested)
