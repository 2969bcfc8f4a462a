"""A released number, a number moved away and a coexistence number are never registered by recovery, whatever happened
to them before; and what recovery opens never calls for one either."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.cases import NOW, OFFLINE, ONLINE, answered, case, refused

from linewright.domain.action import Call
from linewright.domain.decide import decide
from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.journal import WRITES
from linewright.domain.number import Number, Standing, Wanted
from linewright.domain.operation import Evidence
from linewright.domain.recovery import Lost, Open, recover

MOMENTS = st.integers(0, 20_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
ATTEMPTS = st.one_of(
    st.builds(answered, st.sampled_from(["register", "deregister", "set_pin"]), MOMENTS),
    st.builds(refused, st.sampled_from(["register", "deregister"]), MOMENTS, st.sampled_from([133005, 133010, 133016])),
)
EVIDENCE = st.builds(
    Evidence,
    code=st.sampled_from([133010, 131045, 131031]),
    at=MOMENTS,
    source=st.sampled_from(["webhook", "person", "recovery"]),
)
HAPPENED = st.builds(
    lambda kind, at: Happening(account="shop", kind=kind, at=at, heard_at=at), st.sampled_from(HappeningKind), MOMENTS
)
READINGS = st.sampled_from(
    [
        OFFLINE,
        ONLINE,
        {"status": "MIGRATED"},
        {"status": "DELETED"},
        {"status": "BANNED"},
        {**ONLINE, "status": "RESTRICTED"},
        {**ONLINE, "account_mode": "SANDBOX"},
        {**OFFLINE, "platform_type": "ON_PREMISE"},
        {**ONLINE, "platform_type": "NOT_APPLICABLE"},
        {**OFFLINE, "name_status": "PENDING_REVIEW"},
    ]
)
NUMBERS = st.builds(
    Number,
    id=st.just("1"),
    e164=st.just("+15550100001"),
    account=st.just("shop"),
    wanted=st.sampled_from(Wanted),
    seen_online_at=st.none() | MOMENTS,
    name_approved_at=st.none() | MOMENTS,
    absent_since=st.none() | st.none() | MOMENTS,
)


@st.composite
def histories(draw: Any) -> Lost:
    attempts = sorted(draw(st.lists(ATTEMPTS, max_size=6)), key=lambda each: each.at)
    evidence = sorted(draw(st.lists(EVIDENCE, max_size=4)), key=lambda each: each.at)
    happened = sorted(draw(st.lists(HAPPENED, max_size=4)), key=lambda each: each.at)
    number = draw(NUMBERS)
    made = case(*attempts, reading=draw(READINGS), number=number, evidence=tuple(evidence))
    assert made.last_good is not None
    seen = replace(made.last_good, is_on_biz_app=draw(st.sampled_from([True, False, None])))
    account = replace(made.account, recover=draw(st.booleans()), paused=draw(st.booleans()))
    return Lost(
        case=replace(made, account=account, last_good=seen, reading=seen, readings=(seen,)),
        shown_since=draw(st.none() | MOMENTS),
        happened=happened,
        recovered=draw(st.lists(MOMENTS, max_size=2)),
        is_open=draw(st.booleans()),
        elsewhere=draw(st.booleans()),
        left_at=draw(st.none() | MOMENTS),
    )


@settings(max_examples=200, deadline=None)
@given(histories())
def test_hands_off_what_is_released_moved_away_or_in_the_app(lost: Lost) -> None:
    verdict, number = recover(lost), lost.case
    if not isinstance(verdict, Open):
        assert verdict.reason
        return
    assert number.number.wanted is Wanted.ONLINE
    assert number.standing in (Standing.ONLINE, Standing.OFFLINE)
    assert number.last_good is not None
    assert number.last_good.is_on_biz_app is not True
    assert number.account.recover
    assert (number.account.paused, lost.is_open, lost.elsewhere) == (False, False, False)
    fresh = [each for each in lost.happened if NOW - each.at < timedelta(hours=24)]
    assert not {each.kind for each in fresh} & {HappeningKind.PARTNER_REMOVED, HappeningKind.ACCOUNT_OFFBOARDED}
    if any(NOW - moment < timedelta(days=7) for moment in lost.recovered):
        assert verdict.ask
        assert verdict.until is None


@settings(max_examples=200, deadline=None)
@given(histories(), st.booleans())
def test_what_was_opened_before_writes_nothing_to_such_a_number_either(lost: Lost, asks: bool) -> None:
    """It became so while the operation was open; and a question that is open holds every write."""
    operation = replace(lost.case.operation, id="recovered", proposed="It reads offline." if asks else None)
    seen = replace(lost.case, operation=operation)
    action = decide(seen)
    writes = isinstance(action, Call) and action.kind in WRITES
    if asks or seen.standing not in (Standing.ONLINE, Standing.OFFLINE, Standing.UNVERIFIED):
        assert not writes
