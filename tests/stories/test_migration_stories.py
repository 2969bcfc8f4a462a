"""A number moves to another account: told by the simulator's log and its control door, from both accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.migration import PHONE, Died, Move
from tests.support.stories import PIN, Stage, Story

from linewright.domain.happenings import Happening, HappeningKind
from linewright.engine.crash import CrashPoint as P
from linewright.errors import UsageError

WHOLE = ["subscribe ok", "create ok", "request_code ok", "verify_code ok", "register ok"]
Truth = dict[str, Any]


def otp(move: Move) -> Story:
    """Driven to the question for the code."""
    return move.approved(move.begin()).asks("otp")


# When nothing is wrong


def test_a_number_of_ours_moves(stage: Stage) -> None:
    move = Move(stage)
    story = move.begin().asks("approve", "payment method", reason="needs-approval")
    assert "nothing was changed" in story.now["next_step"]
    assert move.writes == ["subscribe ok"]
    story.answer(approve=True).asks("otp")
    assert "the source still works" in story.now["next_step"]
    assert story.now["number"]["id"] == move.new
    move.source_works()
    move.code(story).ends("done", "migrated", "Carried over", "By hand", "reads MIGRATED")
    assert move.writes == WHOLE
    move.has_moved()
    assert move.door.number(move.new or "")["pin"] not in (None, PIN)


def test_a_number_of_another_provider_moves(stage: Stage) -> None:
    move = Move(stage, elsewhere=True)
    story = move.begin().asks("approve", "is registered and works", "name is approved", "same business")
    assert story.now["number"] == {"id": None, "display": PHONE, "e164": PHONE}
    assert story.now["account"] == "new"
    story.answer(approve=True).asks("approve", "Two-step verification must be off", "let that time be short")
    assert move.writes == ["subscribe ok"]
    move.code(story.answer(approve=True)).ends("done", "migrated", "cannot be seen from here")
    assert move.writes == WHOLE
    move.has_moved()
    assert not any(call.target == move.source for call in move.calls)


def test_what_is_there_already_costs_nothing(stage: Stage) -> None:
    move = Move(stage)
    move.code(otp(move))
    before = len(move.writes)
    for again in (stage.open("migrate", f"new/{move.new}", to="new"), stage.open("migrate", PHONE, to="new")):
        again.drive().ends("done", "already-online", "in new already", "Nothing was spent")
    assert len(move.writes) == before
    move.has_moved()


def test_there_and_back_again(stage: Stage) -> None:
    """A new id each time, and the phone's budgets stay its own."""
    move = Move(stage)
    move.code(otp(move)).ends("done", "migrated")
    stage.door.manage(move.new or "", two_step="off")
    story = stage.open("migrate", f"new/{move.new}", to="shop").drive()
    stage.wait(minutes=2)
    move.code(move.approved(story)).ends("done", "migrated")
    assert stage.door.number(story.now["number"]["id"])["online"]
    assert story.now["budgets"]["register"]["used"] == 2
    assert (stage.show(f"new/{move.new}")["wanted"], stage.show(story.now["number"]["id"])["wanted"]) == (
        "released",
        "online",
    )


# Each condition that can be seen


SEEN: list[tuple[str, Truth, Truth, Truth, Truth]] = [
    # the requirement, truths of the number, of its account, of the destination; and what makes it right
    ("two-step-off", {"pin": PIN}, {}, {}, {"source": {"pin": None}}),
    ("name-approved", {"name_status": "PENDING_REVIEW"}, {}, {}, {"source": {"name_status": "APPROVED"}}),
    ("name-approved", {"new_name_status": "PENDING_REVIEW"}, {}, {}, {"source": {"new_name_status": "NONE"}}),
    ("source-registered", {"registered": False}, {}, {}, {"source": {"registered": True}}),
    ("source-approved", {}, {"review": "PENDING"}, {}, {"home": {"review": "APPROVED"}}),
    ("source-verified", {}, {"verification": "not_verified"}, {}, {"home": {"verification": "verified"}}),
    ("destination-approved", {}, {}, {"review": "REJECTED"}, {"waba": {"review": "APPROVED"}}),
    ("destination-verified", {}, {}, {"verification": "pending"}, {"waba": {"verification": "verified"}}),
    ("same-business", {}, {}, {"owner": "777"}, {"waba": {"owner": None}}),
    ("messaging-for", {}, {}, {"messaging_for": "PENDING"}, {"waba": {"messaging_for": "APPROVED"}}),
    ("payment-method", {}, {}, {"has_payment": False}, {"waba": {"has_payment": True}}),
]


@pytest.mark.parametrize(("name", "source", "origin", "goal", "right"), SEEN, ids=[row[0] for row in SEEN])
def test_what_is_missing_is_asked_before_anything_is_sent(
    stage: Stage, name: str, source: Truth, origin: Truth, goal: Truth, right: Truth
) -> None:
    move = Move(stage, source=source, origin=origin, goal=goal)
    story = move.begin().asks("fix", name, "What is missing", reason="needs-fix")
    story.answer(done=True).asks("fix", name)
    assert "create" not in " ".join(move.writes)
    for whom, truth in right.items():
        change = stage.door.change_number if whom == "source" else stage.door.change_account
        change(getattr(move, whom), **truth)
    move.approved(story.answer(done=True)).asks("otp")
    assert move.writes[-2:] == ["create ok", "request_code ok"]
    move.source_works()


def test_everything_missing_is_listed_at_once_and_in_order(stage: Stage) -> None:
    move = Move(stage, source={"pin": PIN, "name_status": "DECLINED"}, goal={"review": "PENDING", "has_payment": False})
    story = move.begin().asks("fix", "4 things are missing")
    assert "(name-approved, destination-approved, payment-method, two-step-off)" in story.now["message"]
    question = story.now["task"]["question"]
    places = [question.index(word) for word in ("display name", "account review", "payment method", "Turn off")]
    assert places == sorted(places)
    assert move.writes == ["subscribe ok"]
    move.source_works()


def capability(stage: Stage, numbers: int) -> None:
    """A webhook told how many numbers the destination may hold."""
    store, now = stage.lw.office.store, stage.clock.now()
    told = {"max_phone_numbers_per_waba": numbers}
    happening = Happening(account="new", kind=HappeningKind.CAPABILITY, at=now, heard_at=now, detail=told)
    with store.database.writing() as connection:
        store.happenings.add(connection, [happening])


def test_a_full_account_is_known_by_what_the_remote_told(stage: Stage) -> None:
    move = Move(stage)
    capability(stage, numbers=0)
    story = move.begin().asks("fix", "room-for-it")
    stage.wait(minutes=5)
    capability(stage, numbers=25)
    move.approved(story.answer(done=True)).asks("otp")


def test_without_leave_to_subscribe_it_is_asked(stage: Stage) -> None:
    move = Move(stage)
    story = move.begin(subscribe=False).asks("fix", "app-subscribed")
    stage.simulator.remote.accounts[move.waba].subscribed[stage.world.app.id] = {}
    move.code(move.approved(story.answer(done=True))).ends("done", "migrated")
    assert move.writes == WHOLE[1:]


# Each condition that the remote alone knows


UNSEEN: list[tuple[str, str, Truth, Truth, Truth]] = [
    ("no payment method seen by nobody", "2388103", {}, {}, {"has_payment": False, "hides": ["health_status"]}),
    ("source not set up", "2388103", {}, {"set_up": False}, {}),
    ("ownership not confirmed", "2388001", {"confirmed": False}, {}, {}),
    (
        "hidden business",
        "2388103",
        {},
        {},
        {"owner": "777", "hides": ["owner_business_info", "on_behalf_of_business_info"]},
    ),
]
RIGHT: Truth = {"set_up": True, "has_payment": True, "owner": None}


@pytest.mark.parametrize("place", ["code", "subcode"])
@pytest.mark.parametrize(
    ("code", "source", "origin", "goal"), [row[1:] for row in UNSEEN], ids=[row[0] for row in UNSEEN]
)
def test_what_nobody_sees_is_tried_once_more_and_then_asked_in_the_remotes_words(
    stage_with: Callable[..., Stage], place: str, code: str, source: Truth, origin: Truth, goal: Truth
) -> None:
    stage = stage_with(migration_code_as=place, languages=("pt", "de"))
    move = Move(stage, source=source, origin=origin, goal=goal)
    story = move.begin().asks("approve").answer(approve=True)
    story.asks("fix", "The remote said “", code, reason="needs-fix")
    assert story.waits == [("their-trouble", 900)]
    assert move.writes == ["subscribe ok", f"create {code}", f"create {code}"]
    move.source_works()
    stage.door.change_number(move.source, confirmed=True)
    stage.door.change_account(move.home, set_up=True)
    stage.door.change_account(move.waba, has_payment=True, owner=None)
    story.answer(done=True).asks("otp")
    assert move.writes[-2:] == ["create ok", "request_code ok"]


HIDDEN: list[tuple[str, str, Truth, Truth, Truth]] = [
    # of another provider's number, or of a destination that does not say it: what the remote alone knows
    ("no migration needed", "2388103", {"registered": False}, {}, {}),
    ("name in review", "2388103", {"name_status": "PENDING_REVIEW"}, {}, {}),
    ("another name in review", "2388103", {"new_name_status": "PENDING_REVIEW"}, {}, {}),
    ("source not approved", "2388103", {}, {"review": "PENDING"}, {}),
    ("source not verified", "2388103", {}, {"verification": "not_verified"}, {}),
    ("two-step on", "2388001", {"pin": PIN}, {}, {}),
    ("destination", "2388103", {}, {}, {"review": "REJECTED", "hides": ["account_review_status"]}),
    ("messaging for", "2388103", {}, {}, {"messaging_for": "PENDING", "hides": ["on_behalf_of_business_info"]}),
]
MENDED: tuple[Truth, Truth, Truth] = (
    {"registered": True, "name_status": "APPROVED", "new_name_status": "NONE", "pin": None},
    {"review": "APPROVED", "verification": "verified"},
    {"review": "APPROVED", "messaging_for": None},
)


@pytest.mark.parametrize(
    ("code", "source", "origin", "goal"), [row[1:] for row in HIDDEN], ids=[row[0] for row in HIDDEN]
)
def test_what_another_provider_hides_is_asked_in_the_remotes_words(
    stage: Stage, code: str, source: Truth, origin: Truth, goal: Truth
) -> None:
    """Whoever approved it was wrong: nothing but the two refused creates was sent, and mended it goes on."""
    move = Move(stage, elsewhere=True, source=source, origin=origin, goal=goal)
    story = move.approved(move.begin()).asks("fix", "The remote said “", code, reason="needs-fix")
    assert move.writes == ["subscribe ok", f"create {code}", f"create {code}"]
    assert move.new is None
    move.source_untouched()
    assert move.door.number(move.source)["online"] is (source.get("registered") is not False)
    stage.door.change_number(move.source, **MENDED[0])
    stage.door.change_account(move.home, **MENDED[1])
    stage.door.change_account(move.waba, **MENDED[2])
    move.code(move.approved(story.answer(done=True))).ends("done", "migrated", "cannot be seen from here")
    assert move.writes[3:] == WHOLE[1:]
    move.has_moved()


@pytest.mark.parametrize("code", [2593079, 2593085, 2655111, 2655121, 2388019])
def test_what_no_repetition_helps_is_told_and_nothing_was_made(stage: Stage, code: int) -> None:
    """Codes of moves that this way is not: one call, the remote's figure, and the source works on."""
    move = Move(stage)
    stage.answers("create", code)
    story = move.begin().answer(approve=True)
    assert story.state == "asking", story
    assert str(code) in story.now["message"] + story.now["task"]["question"]
    assert move.writes == ["subscribe ok", f"create {code}"]
    assert move.new is None
    move.source_works()
    story.answer(decline=True).ends("gave_up", "declined", "the source still works")


def test_attempts_used_up_at_the_destination_wait_out_and_the_source_works_meanwhile(stage: Stage) -> None:
    """133016 at the register: one call, three days, then the line moves; nobody sends anything in between."""
    move = Move(stage)
    story = otp(move)
    stage.answers("register", 133016)
    move.code(story)
    assert ("blocked", 259500) in story.waits
    story.ends("done", "migrated")
    assert [each for each in move.writes if each.startswith("register")] == ["register 133016", "register ok"]
    move.has_moved()


def test_the_source_account_is_removed_on_the_way(stage: Stage) -> None:
    """Nothing of the source can be seen any more: two-step verification is asked for, and nothing is spent before."""
    move = Move(stage)
    story = otp(move)
    stage.do(stage.lw.remove_account("shop"))
    move.code(story).asks("approve", "Two-step verification must be off")
    assert move.writes[-1] == "verify_code ok"
    move.source_works()
    story.answer(approve=True).ends("done", "migrated", "cannot be seen from here")
    assert stage.door.number(move.source)["state"] == "MIGRATED"


def test_a_paused_destination_sends_nothing_until_it_goes_on(stage: Stage) -> None:
    move = Move(stage)
    story = otp(move)
    with pytest.raises(UsageError, match="open operation"):
        stage.do(stage.lw.remove_account("new"))
    stage.update_account("new", paused=True)
    move.code(story)
    assert (story.state, story.now["reason"]) == ("asking", "account-paused")
    assert move.writes[-1] == "request_code ok"
    move.source_works()
    stage.update_account("new", paused=False)
    story.drive().ends("done", "migrated")
    move.has_moved()


def test_a_passing_fault_passes(stage: Stage) -> None:
    move = Move(stage, goal={"migration_faults": 1})
    story = move.begin().answer(approve=True)
    move.code(story).ends("done", "migrated")
    assert move.writes == ["subscribe ok", "create 2388103", *WHOLE[1:]]
    assert story.waits == [("their-trouble", 900), ("settling", 5)]


def test_maintenance_passes(stage: Stage) -> None:
    move = Move(stage)
    stage.answers("create", 2494100)
    stage.answers("request_code", 2494100)
    move.code(otp(move)).ends("done", "migrated")
    assert [each for each in move.writes if "2494100" in each] == ["create 2494100", "request_code 2494100"]


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("place", ["code", "subcode"])
def test_a_number_that_is_listed_already_is_used(stage_with: Callable[..., Stage], place: str, elsewhere: bool) -> None:
    """Somebody created it in the meantime, or before: nothing is created a second time."""
    stage = stage_with(migration_code_as=place)
    move = Move(stage, elsewhere=elsewhere)
    story = move.begin().asks("approve")
    listed = stage.door.add_number(move.waba, PHONE, verified=False, migrating_from=move.source).id
    move.code(move.approved(story.answer(approve=True))).ends("done", "migrated")
    assert move.new == listed
    assert "create ok" not in move.writes
    move.has_moved()


def test_a_number_listed_between_the_look_and_the_call_is_used(stage: Stage) -> None:
    move = Move(stage)
    story = move.begin().asks("approve")
    stage.answers("create", 2388012)
    stage.after(lambda: stage.door.add_number(move.waba, PHONE, verified=False, migrating_from=move.source), minutes=4)
    move.code(story.answer(approve=True)).ends("done", "migrated")
    assert move.writes == ["subscribe ok", "create 2388012", *WHOLE[2:]]
    move.has_moved()


def test_an_id_that_takes_no_line_over_is_sent_no_code(stage: Stage) -> None:
    """The other reading of 2388091: the way out is told, and the source works on."""
    move = Move(stage)
    stage.door.add_number(move.waba, PHONE, verified=False)
    story = move.begin().asks("fix", "this id takes no line over", "WhatsApp Manager")
    assert move.writes == ["request_code 136024", "request_code 136024"]
    move.source_works()
    story.answer(decline=True).ends("gave_up", "declined", "The source still works")


# What may not move


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ({"on_biz_app": True}, ("coexistence", "Embedded Signup for Business app users")),
        ({"on_premise": True}, ("On-Premises", "Embedded Signup")),
        ({"test_number": True}, ("test number", "number of your own")),
        ({"state": "BANNED"}, ("banned", "Appeal")),
        ({"state": "MIGRATED"}, ("another account already", "sync")),
    ],
    ids=["coexistence", "on premise", "test", "banned", "migrated"],
)
def test_what_may_not_move_is_explained(stage: Stage, truth: Truth, words: tuple[str, ...]) -> None:
    move = Move(stage, source=truth)
    move.begin().ends("gave_up", "not-ours", "cannot be migrated", *words)
    assert move.writes == []
    assert move.new is None


# Two-step verification


def test_two_step_switched_on_again_is_seen_before_a_code_is_sent(stage: Stage) -> None:
    move = Move(stage)
    stage.answers("request_code", 2494100)
    story = move.begin().say(approve=True).push().waiting("their-trouble")
    stage.door.manage(move.source, pin=PIN)
    story.drive().asks("approve", "still reads as switched on")
    assert move.writes.count("request_code ok") == 0
    stage.door.manage(move.source, two_step="off")
    move.code(story.answer(approve=True)).ends("done", "migrated")


def test_two_step_on_at_another_provider_is_the_same_question_at_the_register(stage: Stage) -> None:
    move = Move(stage, elsewhere=True)
    stage.door.change_temper(nonexisting_fields=["is_pin_enabled"])
    story = otp(move)
    stage.door.manage(move.source, pin=PIN)
    move.code(story).asks("approve", "133005", "Two-step verification must be off")
    assert move.writes == [*WHOLE[:-1], "register 133005"]
    move.source_works()
    stage.door.manage(move.source, two_step="off")
    story.answer(approve=True).ends("done", "migrated")
    assert move.writes == [*WHOLE[:-1], "register 133005", "register ok"]
    assert story.now["budgets"]["register"]["used"] == 2
    move.has_moved()


def test_a_verification_in_vain_is_the_same_question(stage: Stage) -> None:
    move = Move(stage, elsewhere=True)
    story = otp(move)
    stage.answers("register", 133006)
    move.code(story).asks("approve", "133006", "Two-step verification must be off")
    stage.door.change_number(move.new or "", verified=False)
    stage.wait(minutes=2)
    move.code(story.answer(approve=True)).ends("done", "migrated")
    assert move.writes == [*WHOLE[:-1], "register 133006", *WHOLE[2:]]


def test_refused_pins_and_attempts_are_the_phones(stage: Stage) -> None:
    """Eight registrations of the source in 72 h leave none by itself for the destination."""
    number = stage.number(e164=PHONE)
    stage.spend("register", number, 8)
    stage.door.change_number(number, registered=True)
    waba = stage.door.add_account("New").id
    stage.add_account("new", waba, stage.door.add_token([waba], app=stage.world.app.id).text)
    story = stage.open("migrate", number, to="new").drive().answer(approve=True)
    stage.given.add(code := stage.door.latest_code(PHONE))
    story.say(value=code).push().waiting("automatic-cap")


# Codes


def test_a_code_that_could_not_be_sent_goes_by_voice_and_then_asks(stage: Stage) -> None:
    move = Move(stage)
    stage.fault("request_code", "error", error={"code": 136024, "subcode": 2388091}, times=2)
    story = move.approved(move.begin()).asks("fix", "No code could be sent, twice")
    move.code(story.answer(done=True)).ends("done", "migrated")


def test_a_wrong_code_is_asked_again(stage: Stage) -> None:
    move = Move(stage)
    story = otp(move)
    right = stage.door.latest_code(PHONE)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    stage.given.add(wrong)
    story.answer(value=wrong).asks("otp", "wrong")
    move.code(story).ends("done", "migrated")
    assert move.writes == [*WHOLE[:3], "verify_code 136025", *WHOLE[3:]]


# Stops


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("end", ["cancel", "decline"])
def test_a_stop_before_anything_was_created_leaves_nothing(stage: Stage, end: str, elsewhere: bool) -> None:
    move = Move(stage, elsewhere=elsewhere)
    story = move.begin().asks("approve")
    story.cancel() if end == "cancel" else story.answer(decline=True)
    assert story.state == {"cancel": "cancelled", "decline": "gave_up"}[end]
    assert "Nothing was changed: the source still works" in story.now["message"]
    assert move.new is None
    move.source_works()


@pytest.mark.parametrize("end", ["cancel", "decline"])
def test_a_stop_at_the_code_leaves_the_unverified_number(stage: Stage, end: str) -> None:
    move = Move(stage)
    story = otp(move)
    story.cancel() if end == "cancel" else story.answer(decline=True)
    assert f"The number {move.new}, not registered, stays in the list of new" in story.now["message"]
    move.source_works()
    stage.wait(minutes=2)
    again = Story(stage, stage.do(stage.lw.retry(story.id))).drive()
    move.code(again).ends("done", "migrated")
    assert move.writes.count("create ok") == 1
    move.has_moved()


def test_a_stop_between_verify_and_register_leaves_the_source_working(stage: Stage) -> None:
    move = Move(stage)
    stage.answers("register", 133004)
    story = otp(move)
    stage.given.add(code := stage.door.latest_code(PHONE))
    story.say(value=code).push().waiting("server-down")
    assert "the source still works" in story.now["next_step"]
    story.cancel().ends("cancelled", "cancelled", "The source still works")
    move.source_works()


def test_a_stop_after_the_register_says_that_there_is_no_way_back(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(reading_lag_seconds=200)
    move = Move(stage)
    story = otp(move)
    stage.given.add(code := stage.door.latest_code(PHONE))
    story.say(value=code).push().waiting("settling")
    assert "no way back now but to migrate it back" in story.now["next_step"]
    story.cancel().ends("cancelled", "cancelled", "no way back")


KILLS = [
    *((point, nth) for point in (P.INTENT_SAVED, P.SENT) for nth in range(2, 6)),
    *((P.ANSWER_SAVED, nth) for nth in (2, 5)),
    (P.PIN_KEPT, 1),
    (P.READING_SAVED, 3),
]


@pytest.mark.parametrize(("point", "nth"), KILLS, ids=[f"{point} {nth}" for point, nth in KILLS])
def test_killed_anywhere_nothing_is_lost_and_nothing_created_twice(stage: Stage, point: P, nth: int) -> None:
    move = Move(stage)
    story = move.open()
    move.dies(point, nth)
    died = 0
    for _ in range(12):
        try:
            story.drive()
            if story.state != "asking":
                break
            if story.asked == "approve":
                story.say(approve=True)
            elif stage.door.codes(PHONE):
                story.say(value=stage.door.latest_code(PHONE))
            else:
                story.say(resend="sms")  # the request died with the process: only a person asks for another
        except Died:
            died += 1
    assert died == 1
    story.ends("done", "migrated")
    creates = [each for each in move.writes if each.startswith("create")]
    assert creates.count("create ok") == 1
    assert len(move.writes) <= len(WHOLE) + 2
    move.has_moved()


@pytest.mark.parametrize("doing", ["drop_before", "drop_after", "hang", "html503"])
def test_a_create_whose_answer_is_lost_is_settled_by_the_listing(stage: Stage, doing: str) -> None:
    move = Move(stage)
    stage.fault("create", doing, times=1)
    move.code(otp(move)).ends("done", "migrated")
    happened = doing in ("drop_after",)
    assert [each for each in move.writes if each.startswith("create")] == [f"create {doing}"] + ["create ok"] * (
        not happened
    )
    move.has_moved()


# Tokens and other hands


def test_a_dead_token_of_the_destination_waits_for_a_new_one(stage: Stage) -> None:
    move = Move(stage)
    token = stage.simulator.remote.tokens[move.token]
    story = move.begin()
    token.revoked = 463
    story.answer(approve=True).asks("fix", "access token of new")
    token.revoked = None
    story.drive() if story.state != "asking" else story.later(minutes=16)
    move.code(story.drive()).ends("done", "migrated")


def test_a_dead_token_of_the_source_only_blinds(stage: Stage) -> None:
    move = Move(stage)
    stage.world.token.revoked = 463
    story = move.begin().asks("approve", "is registered and works", "name is approved")
    story.answer(approve=True).asks("approve", "Two-step verification")
    move.code(story.answer(approve=True)).ends("done", "migrated", "cannot be seen from here")
    assert stage.account("new")["state"] == "ok"
    stage.world.token.revoked = None
    assert stage.door.number(move.source)["state"] == "MIGRATED"


def test_a_source_that_cannot_be_read_for_a_moment_is_waited_for(stage: Stage) -> None:
    move = Move(stage)
    stage.fault("read", "html503", number=move.source, times=2)
    story = move.begin().asks("approve")
    assert story.waits == [("unknown-reading", 90)]
    assert "is registered and works" not in story.now["task"]["question"]


def test_a_destination_that_cannot_be_looked_at_is_waited_for(stage: Stage) -> None:
    move = Move(stage)
    stage.fault("list", "html503", times=1)
    story = move.begin().asks("approve")
    assert story.waits == [("unknown-reading", 300)]
    assert move.writes == ["subscribe ok"]


def test_nothing_else_touches_the_phone_meanwhile(stage: Stage) -> None:
    """A register, another destination, recovery and a release all find the phone taken."""
    move = Move(stage)
    other = stage.door.add_account("Other").id
    stage.add_account("other", other, stage.door.add_token([other], app=stage.world.app.id).text)
    story = otp(move)
    for goal, number, more in (
        ("register", move.source, {}),
        ("deregister", move.source, {}),
        ("register", move.new, {}),
        ("migrate", move.source, {"to": "other"}),
    ):
        with pytest.raises(UsageError) as refused:
            stage.open(goal, str(number), **more)
        assert refused.value.reason == "operation-open"
    assert stage.open("migrate", move.source, to="new").id == story.id
    stage.do(stage.lw.want(move.source, "online"))
    stage.update_account("shop", recover=True)
    stage.door.change_number(move.source, registered=False)
    stage.do(stage.lw.sync("shop"))
    office = stage.lw.office
    now = office.clock.now()
    assert move.source not in [each.number for each in office.store.recoveries.candidates(now)]
    assert office.store.recoveries.open(move.source, now, office.catalogue) is None
    stage.door.change_number(move.source, registered=True)
    move.code(story).ends("done", "migrated")
    move.has_moved()
