"""The standing table over the full product of what a reading can say, each field also left out.

The oracle is written from the design's section 2, as nested questions; it shares nothing with the table.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.number import Number, Reading, Standing, reading_of
from linewright.domain.standing import contradictory_since, judge

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NUMBER = Number(id="1", e164="+15550100001", account="shop")

STATUSES = (
    "CONNECTED", "FLAGGED", "RATE_LIMITED", "LINKED", "RESTRICTED", "PENDING", "DISCONNECTED", "UNLINKED",
    "UNVERIFIED", "DELETED", "MIGRATED", "BANNED", "UNKNOWN", "SOMETHING_NEW", None,
)  # fmt: skip
PLATFORMS = ("CLOUD_API", "ON_PREMISE", "NOT_APPLICABLE", "ELSEWHERE", None)
APP = (True, False, None)
VERIFIED = ("VERIFIED", "NOT_VERIFIED", "UNVERIFIED", "EXPIRED", None)
MODES = ("LIVE", "SANDBOX", None)


def expected(
    status: str | None, platform: str | None, app: bool | None, verified: str | None, mode: str | None, *, seen: bool
) -> tuple[str, str | None]:
    """The design's ten rows, by hand."""
    if status is None:
        return "unknown", "unknown-reading"
    if status in ("DELETED", "MIGRATED", "BANNED"):
        return status.lower(), None
    if mode == "SANDBOX":
        return "test", None
    if app is True:
        return "coexistence", None
    if platform == "ON_PREMISE":
        return "on_premise", None
    live = status in ("CONNECTED", "FLAGGED", "RATE_LIMITED", "LINKED")
    if platform in ("CLOUD_API", None):
        if live:
            return "online", None
        if status == "RESTRICTED":
            return "restricted", None
    if platform == "NOT_APPLICABLE" and (live or status == "RESTRICTED"):
        return "unknown", "contradictory"
    if not seen and verified in ("NOT_VERIFIED", "UNVERIFIED"):
        return "unverified", None
    if status in ("PENDING", "DISCONNECTED", "UNLINKED", "UNVERIFIED"):
        return "offline", None
    return "unknown", "unrecognised"


def read(**said: object) -> Reading:
    body = {"id": "1", **{name: value for name, value in said.items() if value is not None}}
    return reading_of(Answer(call=CallKind.READ, outcome=Outcome.OK, body=body), "1", NOW)


@pytest.mark.parametrize("seen", [False, True], ids=["never-online", "seen-online"])
def test_every_combination(seen: bool) -> None:
    number = Number(id="1", e164=NUMBER.e164, account="shop", seen_online_at=NOW if seen else None)
    checked = 0
    for status, platform, app, verified, mode in product(STATUSES, PLATFORMS, APP, VERIFIED, MODES):
        reading = read(
            status=status,
            platform_type=platform,
            is_on_biz_app=app,
            code_verification_status=verified,
            account_mode=mode,
        )
        judged = judge(reading, number)
        said = (judged.standing.value, judged.reason.value if judged.reason else None)
        assert said == expected(status, platform, app, verified, mode, seen=seen), (
            status,
            platform,
            app,
            verified,
            mode,
        )
        checked += 1
    assert checked == 15 * 5 * 3 * 5 * 3


def test_an_onboarded_number_is_never_unverified() -> None:
    reading = read(status="DISCONNECTED", code_verification_status="NOT_VERIFIED", last_onboarded_time="2026-01-01")
    assert judge(reading, NUMBER).standing is Standing.OFFLINE


def test_a_test_number_is_known_by_its_name() -> None:
    assert judge(read(status="CONNECTED", verified_name="Test Number"), NUMBER).standing is Standing.TEST


def test_a_name_in_review_is_a_reason_of_being_offline() -> None:
    judged = judge(read(status="PENDING", name_status="PENDING_REVIEW"), NUMBER)
    assert (judged.standing, judged.reason) == (Standing.OFFLINE, "name-in-review")


@pytest.mark.parametrize(("minutes", "standing"), [(0, "unknown"), (14, "unknown"), (15, "offline"), (60, "offline")])
def test_a_contradiction_counts_as_offline_after_a_second_reading(minutes: int, standing: str) -> None:
    first = read(status="CONNECTED", platform_type="NOT_APPLICABLE")
    since = contradictory_since(first, NUMBER)
    number = Number(id="1", e164=NUMBER.e164, account="shop", contradictory_since=since)
    body = {"id": "1", "status": "CONNECTED", "platform_type": "NOT_APPLICABLE"}
    answer = Answer(call=CallKind.READ, outcome=Outcome.OK, body=body)
    second = reading_of(answer, "1", NOW + timedelta(minutes=minutes))
    assert judge(second, number).standing.value == standing


def test_health_settles_a_contradiction_at_once() -> None:
    health = {"entities": [{"entity_type": "PHONE_NUMBER", "errors": [{"error_code": 141000}]}]}
    reading = read(status="CONNECTED", platform_type="NOT_APPLICABLE", health_status=health)
    assert judge(reading, NUMBER).standing is Standing.OFFLINE


def test_a_run_of_contradictions_ends_with_any_other_good_reading() -> None:
    number = Number(id="1", e164=NUMBER.e164, account="shop", contradictory_since=NOW)
    assert contradictory_since(read(status="CONNECTED"), number) is None
    failed = Reading(at=NOW, good=False)
    assert contradictory_since(failed, number) == NOW, "a failed reading changes nothing"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(call=CallKind.READ, outcome=Outcome.OK, body={"id": "2", "status": "CONNECTED"}),
        Answer(call=CallKind.READ, outcome=Outcome.OK, body={"id": "1"}),
        Answer(call=CallKind.READ, outcome=Outcome.OK, body={"id": "1", "status": 7}),
        Answer(call=CallKind.READ, outcome=Outcome.REFUSED, body={"id": "1", "status": "CONNECTED"}),
        Answer(call=CallKind.READ, outcome=Outcome.IN_DOUBT),
    ],
    ids=["another-id", "no-status", "status-no-text", "refused", "lost"],
)
def test_what_is_no_good_reading_tells_nothing(answer: Answer) -> None:
    reading = reading_of(answer, "1", NOW)
    assert not reading.good
    assert judge(reading, NUMBER).standing is Standing.UNKNOWN
