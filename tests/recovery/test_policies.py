"""The policies on three small worlds, the yardstick beside them, and what the judge finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bench.recovery.person import Answer
from bench.recovery.play import POLICIES, play
from bench.recovery.score import breaches
from bench.recovery.score import score as judged
from bench.recovery.stage import Seen, Stage
from bench.recovery.worlds import Owner, Trap, World, draw

from linewright.simulator.calls import LoggedCall

RIGHT, WRONG = "246813", "975319"
CLEAN = World(
    seed=0,
    place=0,
    e164="+15550700001",
    troubles=(),
    owner=Owner(300.0, "knows", "864213"),
    truth={"ever_registered": True, "verified": True, "pin": None},
)
HALF = replace(CLEAN, troubles=("half_deregistered",), truth=CLEAN.truth | {"deregisters_owed": 1})
MISTAKEN = replace(CLEAN, troubles=("pin_wrong",), truth=CLEAN.truth | {"pin": RIGHT}, given=WRONG)
SLOW = Owner(7200.0, "knows", "864213")
SCRIPT = "errors page as a script"
SCRIPTS = [policy for policy in POLICIES if not policy.startswith("Linewright")]
CURES = {"half": {SCRIPT, "deregister, then register"}, "mistaken": {SCRIPT}}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_clean_number_comes_online_with_one_registration_under_every_policy(policy: str) -> None:
    score = play(CLEAN, policy)
    assert score.online == {"72h": True, "168h": True}
    assert (score.registers, score.breaches, score.questions, score.died_of) == (1, [], [], None)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_half_deregistered_number_needs_a_deregistration(policy: str) -> None:
    score = play(HALF, policy)
    cures = policy in CURES["half"] or policy.startswith("Linewright")
    assert score.online["168h"] is cures
    assert score.died_of == (None if cures else "stopped at 133000")
    if cures:
        assert (score.registers, score.deregisters) == (2, 1)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_wrong_pin_is_cured_by_a_person_or_set_anew(policy: str) -> None:
    score = play(MISTAKEN, policy)
    cures = policy in CURES["mistaken"] or policy.startswith("Linewright")
    assert score.online["168h"] is cures
    assert score.questions == ([] if (policy in SCRIPTS and not cures) or policy == "Linewright, auto" else ["pin"])
    assert score.needless == []
    if policy.startswith("Linewright"):
        assert (score.registers, score.wrong_pins, score.breaches) == (2, 1, [])


def test_retries_with_a_refused_pin_cause_a_lock_and_that_is_found() -> None:
    score = play(MISTAKEN, "retry, 10 tries")
    assert score.caused_locks >= 1
    assert "repeated" in score.breaches
    assert play(MISTAKEN, "a fresh PIN each time").caused_locks >= 1


def test_the_best_plan_waits_exactly_and_pays_for_what_it_must_discover() -> None:
    world = replace(CLEAN, troubles=("outage",), truth=CLEAN.truth | {"down_until": 4000.0}, outage=4000.0)
    best, discovering = play(world, "best, ask"), play(world, "discovering, ask")
    assert best.online_at == pytest.approx(4000, abs=1)
    assert (best.registers, discovering.registers) == (1, 2)


def test_the_best_plan_sends_a_code_shortly_before_a_slow_person_comes() -> None:
    world = replace(CLEAN, truth=CLEAN.truth | {"verified": False, "ever_registered": False}, owner=SLOW)
    best = play(world, "best, ask")
    assert best.online_at == pytest.approx(7200, abs=1)
    assert (best.registers, best.questions, best.needless) == (1, ["otp"], [])


def test_the_script_of_the_errors_page_waits_for_a_name_and_has_another_chosen() -> None:
    review = CLEAN.truth | {"name_status": "PENDING_REVIEW", "name_effect": "refuse"}
    world = replace(CLEAN, troubles=("name_review",), truth=review, decision=(50_000.0, "APPROVED"))
    approved = play(world, SCRIPT)
    assert approved.online_at == pytest.approx(3 * 6 * 3600, rel=0.01)
    assert (approved.registers, approved.questions, approved.breaches) == (2, [], [])
    declined = play(replace(world, decision=(50_000.0, "DECLINED")), SCRIPT)
    assert (declined.online["168h"], declined.questions, declined.needless) == (True, ["fix"], [])


def test_the_script_of_the_errors_page_takes_a_200_for_no_proof() -> None:
    review = CLEAN.truth | {"name_status": "PENDING_REVIEW", "name_effect": "no_effect"}
    score = play(replace(CLEAN, truth=review, decision=(50_000.0, "APPROVED")), SCRIPT)
    assert (score.online["168h"], score.said_online, score.registers) == (True, True, 2)


def test_a_trap_that_eats_a_call_is_paid_by_the_best_plan_too() -> None:
    world = replace(CLEAN, troubles=("lost_answers",), traps=(Trap("register", "drop_before", times=2),))
    assert play(world, "best, ask").registers == 3


@pytest.mark.parametrize("first", range(0, 60, 15))
def test_nobody_is_better_than_who_knows_everything(first: int) -> None:
    for place in range(first, first + 15):
        world = draw(11, place)
        ideal = play(world, "clairvoyant")
        for policy in ["best, auto", "best, ask", "discovering, auto", "discovering, ask", *SCRIPTS]:
            score = play(world, policy)
            if score.online_at is None:
                continue
            assert ideal.online_at is not None, (world.name, policy)
            assert ideal.online_at <= score.online_at + 1, (world.name, policy)
            assert ideal.registers <= score.registers, (world.name, policy)


def test_linewright_is_not_better_than_the_yardstick_of_its_setting() -> None:
    for place in range(3):
        world = draw(11, place)
        for setting in ("auto", "ask"):
            score, best = play(world, f"Linewright, {setting}"), play(world, f"best, {setting}")
            assert score.online_at is None or best.online_at is not None
            assert score.online_at is None or best.online_at <= score.online_at + 1


# The judge

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def seen(minutes: float, kind: str = "register", *, pin: str = "a", code: int | None = None, **more: object) -> Seen:
    at = BEGAN + timedelta(minutes=minutes)
    call = LoggedCall(1, at, 1, "POST", f"/{kind}", kind, "1", "+1", secrets={"pin": pin}, code=code)
    call.happened = call.delivered = True
    holds = more.get("holds")
    return Seen(call, bool(more.get("lock")), False, BEGAN + timedelta(minutes=float(str(holds))) if holds else None)


def found(*log: Seen, given: tuple[str, ...] = ()) -> list[str]:
    return [breach.kind for breach in breaches(list(log), set(given))]


def test_a_refused_pin_sent_again_is_found_until_the_pin_was_set_anew() -> None:
    assert found(seen(0, code=133005), seen(5)) == ["repeated"]
    assert found(seen(0, code=133005), seen(5, pin="b")) == ["guessed"]
    assert found(seen(0, code=133005), seen(5, pin="b"), given=("b",)) == []
    assert found(seen(0, code=133005), seen(1, "set_pin", pin="b"), seen(5, pin="b")) == []


def test_a_refused_pin_is_no_breach_once_somebody_switched_two_step_off() -> None:
    log = [seen(0, code=133005), seen(9)]
    assert [breach.kind for breach in breaches(log, set(), [BEGAN + timedelta(minutes=5)])] == []
    assert [breach.kind for breach in breaches(log, set(), [BEGAN + timedelta(minutes=10)])] == ["repeated"]


def test_a_call_inside_a_known_wait_is_found() -> None:
    assert found(seen(0, code=133016, holds=4000), seen(60)) == ["too soon"]
    assert found(seen(0, code=133016, holds=4000), seen(4001)) == []


def test_the_eleventh_registration_is_found() -> None:
    assert found(*(seen(minutes) for minutes in range(0, 110, 10))) == ["past the cap"]
    assert found(*(seen(minutes) for minutes in range(0, 5000, 480))) == []


def test_a_lock_after_a_breach_is_caused_and_one_without_is_not() -> None:
    guessed_by_others = replace(MISTAKEN, truth=MISTAKEN.truth | {"wrong_pins": [BEGAN] * 4})
    score = play(guessed_by_others, "single shot")
    assert (score.locks, score.caused_locks) == (1, 0)
    score = play(MISTAKEN, "retry, 5 tries")
    assert (score.locks, score.caused_locks) == (1, 1)


def test_needless_is_what_is_asked_beyond_what_the_world_takes() -> None:
    stage = Stage(MISTAKEN, "ask")
    for count in (1, 2):
        stage.desk.ask(f"pin {count}", "pin", ("value", "approve"))
    stage.desk.ask("otp", "otp", ("value", "resend"))
    stage.desk.ask("an offer", "pin", ("value",), offer=True)
    assert judged(stage, SCRIPT, "stopped").needless == ["otp", "pin"]


def test_each_time_a_slow_person_wants_the_code_again_it_is_asked_for_again() -> None:
    lapsed = replace(MISTAKEN, truth=MISTAKEN.truth | {"verified": False}, owner=SLOW, given=RIGHT)
    stage = Stage(lapsed, "ask")
    due = stage.desk.ask("otp 1", "otp", ("value", "resend"))
    assert due is not None
    stage.clock.jump_to(due)
    assert stage.desk.answer("otp 1").kind == "resend"
    stage.desk.ask("otp 2", "otp", ("value", "resend"))
    assert judged(stage, SCRIPT, "stopped").needless == []


# The person


def test_a_person_does_not_know_a_pin_that_a_policy_set() -> None:
    stage = Stage(MISTAKEN, "ask")
    asked = ("value", "approve", "done")
    assert stage.desk.ask("a lock", "pin", asked, offer=True) is not None
    stage.door.manage(stage.number.id, pin="864209")
    for answer in (Answer("value", RIGHT), Answer("approve")):
        due = stage.desk.ask("pin", "pin", asked)
        assert due is not None
        stage.clock.jump_to(due)
        assert stage.desk.answer("pin") == answer
    assert stage.desk.ask("another lock", "pin", asked, offer=True) is None


# No leak

LASTS = 18_000.0
BEHIND = (
    {"down_until": 30_000.0},
    {"deregisters_owed": 1, "verified": False, "shows": {"code_verification_status": "VERIFIED"}},
)


@pytest.mark.parametrize("policy", ["Linewright, auto", "errors page as a script"])
def test_worlds_that_look_alike_are_treated_alike(policy: str) -> None:
    """Behind an outage that answers alike lie different truths; nothing of them shows before it ends."""
    plain = replace(CLEAN, truth=CLEAN.truth | {"pin": RIGHT, "down_until": LASTS}, given=RIGHT)
    others = [replace(plain, truth=plain.truth | behind) for behind in BEHIND]
    others.append(replace(plain, given=WRONG, owner=Owner(None, "knows", WRONG)))
    before = calls_before(plain, policy)
    assert len(before) >= 5
    for other in others:
        assert calls_before(other, policy) == before, other.truth


def calls_before(world: World, policy: str) -> list[tuple[int, str]]:
    stage = Stage(world, POLICIES[policy][0])
    play(world, policy, stage=stage)
    calls = [(stage.seconds(each.call.started_at), each.call.kind) for each in stage.wire.seen]
    return [(round(at), kind) for at, kind in calls if at < LASTS]
