"""What recovery does about a number, as a table written by hand: the issue's words on the left, the verdict right."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.cases import NOW, OFFLINE, ONLINE, ago, answered, case, refused

from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.number import Number, Wanted
from linewright.domain.operation import Evidence, Hold
from linewright.domain.recovery import RULES, Leave, Lost, Open, held_back, recover

SEEN_ONLINE = ago(hours=400)
KINDS = {kind.value: kind for kind in HappeningKind}


def number(wanted: Wanted = Wanted.ONLINE, **more: Any) -> Number:
    return Number(id="1", e164="+15550100001", account="shop", wanted=wanted, seen_online_at=SEEN_ONLINE, **more)


def heard(code: int, at: datetime, source: str = "webhook") -> Evidence:
    return Evidence(code=code, at=at, source=source)


def happened(kind: str, at: datetime) -> Happening:
    return Happening(account="shop", kind=KINDS[kind], at=at, heard_at=at)


def lost(
    *attempts: Any,
    reading: dict[str, Any] | None = None,
    wanted: Wanted = Wanted.ONLINE,
    account: dict[str, Any] | None = None,
    evidence: tuple[Evidence, ...] = (),
    app: bool | None = False,
    shown_since: datetime | None = None,
    **more: Any,
) -> Lost:
    """Offline for 30 minutes by a stood reading, wanted online, switched on; and this."""
    made = case(*attempts, reading=OFFLINE if reading is None else reading, number=number(wanted), evidence=evidence)
    assert made.last_good is not None
    seen = replace(made.last_good, is_on_biz_app=app)
    made = replace(made, account=replace(made.account, **{"recover": True, **(account or {})}), last_good=seen)
    return Lost(case=made, shown_since=shown_since or ago(minutes=30), **more)


DAY = timedelta(days=1)
LEFT: list[tuple[str, Lost, str]] = [
    ("the account is not switched on", lost(account={"recover": False}), "switched-off"),
    ("released", lost(wanted=Wanted.RELEASED), "released"),
    ("released, though sending was refused", lost(wanted=Wanted.RELEASED, evidence=(heard(133010, NOW),)), "released"),
    ("unmanaged", lost(wanted=Wanted.UNMANAGED, evidence=(heard(133010, NOW),)), "unmanaged"),
    ("moved away", lost(reading={"status": "MIGRATED"}, evidence=(heard(133010, NOW),)), "migrated"),
    ("deleted", lost(reading={"status": "DELETED"}, evidence=(heard(133010, NOW),)), "deleted"),
    ("banned", lost(reading={"status": "BANNED"}, evidence=(heard(133010, NOW),)), "banned"),
    ("a test number", lost(reading={**OFFLINE, "account_mode": "SANDBOX"}), "test"),
    ("on the old platform", lost(reading={**OFFLINE, "platform_type": "ON_PREMISE"}), "on_premise"),
    ("coexistence", lost(app=True, evidence=(heard(133010, NOW),)), "coexistence"),
    ("restricted", lost(reading={**ONLINE, "status": "RESTRICTED"}, evidence=(heard(131045, NOW),)), "restricted"),
    ("its reading is not understood", lost(reading={"status": "SOMETHING_NEW"}), "unknown"),
    ("its name is in review", lost(reading={**OFFLINE, "name_status": "PENDING_REVIEW"}), "name-in-review"),
    ("it lives under another id here", lost(elsewhere=True, evidence=(heard(133010, NOW),)), "elsewhere"),
    ("an operation is open", lost(is_open=True, evidence=(heard(133010, NOW),)), "operation-open"),
    ("the account is paused", lost(account={"paused": True}, evidence=(heard(133010, NOW),)), "account-held"),
    (
        "the account is held",
        lost(account={"hold": Hold(usage=False, since=NOW, probe_at=NOW, code=190)}, evidence=(heard(133010, NOW),)),
        "account-held",
    ),
    (
        "its eight registers are spent",
        lost(*(refused("register", ago(hours=each + 1), 133010) for each in range(8)), evidence=(heard(133010, NOW),)),
        "automatic-cap",
    ),
    (
        "registrations are blocked",
        lost(refused("register", ago(hours=1), 133016), evidence=(heard(133010, NOW),)),
        "blocked",
    ),
    ("online", lost(reading=ONLINE), "online"),
    ("online, and an old refusal", lost(reading=ONLINE, evidence=(heard(131045, ago(hours=24)),)), "online"),
    (
        "online, and a refusal that a register answered",
        lost(answered("register", ago(minutes=5)), reading=ONLINE, evidence=(heard(131045, ago(minutes=6)),)),
        "online",
    ),
    ("online, and a person's word", lost(reading=ONLINE, evidence=(heard(131045, NOW, "person"),)), "online"),
    ("online, and another error", lost(reading=ONLINE, evidence=(heard(131042, NOW),)), "online"),
    ("reads online after 133010", lost(reading=ONLINE, evidence=(heard(133010, ago(minutes=5)),)), "reads-online"),
    ("one offline reading alone", lost(shown_since=NOW), "may-be-a-flap"),
    (
        "the partner was removed",
        lost(happened=[happened("partner-removed", ago(hours=23))], evidence=(heard(133010, NOW),)),
        "partner-removed",
    ),
    (
        "the partner was removed, and added again",
        lost(happened=[happened("partner-removed", ago(hours=23)), happened("partner-added", ago(hours=1))]),
        "partner-removed",
    ),
    (
        "off-boarded",
        lost(happened=[happened("account-offboarded", ago(minutes=1))], evidence=(heard(131045, NOW),)),
        "account-offboarded",
    ),
    ("the account was deleted", lost(happened=[happened("account-deleted", NOW - 30 * DAY)]), "account-closed"),
    ("the account is disabled", lost(happened=[happened("account-disabled", NOW - 3 * DAY)]), "account-closed"),
    ("a person said no", lost(left_at=ago(minutes=10), evidence=(heard(133010, NOW),)), "left-by-a-person"),
]


@pytest.mark.parametrize(("_why", "given", "reason"), LEFT, ids=[row[0] for row in LEFT])
def test_a_number_is_let_be(_why: str, given: Lost, reason: str) -> None:
    assert recover(given) == Leave(reason)


OPENED: list[tuple[str, Lost, int | None]] = [
    ("offline, and sending is refused", lost(evidence=(heard(133010, NOW),)), 133010),
    ("one reading and a refusal", lost(shown_since=NOW, evidence=(heard(133010, ago(hours=23)),)), 133010),
    ("offline, and the certificate fails", lost(evidence=(heard(131045, NOW),)), 131045),
    ("online, and the certificate fails", lost(reading=ONLINE, evidence=(heard(131045, NOW),)), 131045),
    (
        "reads online, and sending is refused again and again",
        lost(reading=ONLINE, evidence=(heard(133010, ago(minutes=20)), heard(133010, ago(minutes=9)))),
        133010,
    ),
    ("a refusal after the register that answered the last", lost(
        answered("register", ago(minutes=30)), reading=ONLINE,
        evidence=(heard(131045, ago(minutes=40)), heard(131045, ago(minutes=20)))), 131045),
    ("a deregister of ours explains it", lost(answered("deregister", ago(minutes=40))), None),
    ("unexplained for a day, and nobody said no", lost(shown_since=ago(hours=24)), None),
    ("the account was reinstated", lost(
        happened=[happened("account-disabled", ago(hours=5)), happened("account-reinstated", ago(hours=4))],
        evidence=(heard(133010, NOW),)), 133010),
    ("given back, a day ago", lost(
        happened=[happened("partner-removed", ago(hours=50)), happened("partner-added", ago(hours=49))],
        evidence=(heard(133010, NOW),)), 133010),
    ("a person said no once, and it was online since", lost(
        left_at=ago(hours=9), evidence=(heard(133010, NOW),)), 133010),
    ("the last one was eight days ago", lost(recovered=[NOW - 8 * DAY], evidence=(heard(133010, NOW),)), 133010),
]  # fmt: skip


@pytest.mark.parametrize(("_why", "given", "because"), OPENED, ids=[row[0] for row in OPENED])
def test_a_register_is_opened(_why: str, given: Lost, because: int | None) -> None:
    verdict = recover(given)
    assert isinstance(verdict, Open)
    assert (verdict.ask, verdict.because) == (None, because)


ASKED: list[tuple[str, Lost, datetime | None]] = [
    ("no call of ours explains it", lost(), ago(minutes=30) + DAY),
    ("a register of ours came after the deregister", lost(
        answered("deregister", ago(hours=40)), answered("register", ago(hours=39))), ago(minutes=30) + DAY),
    ("the second in seven days", lost(recovered=[NOW - 6 * DAY], evidence=(heard(133010, NOW),)), None),
    ("taken away three days ago, not given back", lost(
        happened=[happened("partner-removed", NOW - 3 * DAY)], evidence=(heard(133010, NOW),)), None),
    ("whether it is in the app was not said", lost(app=None, evidence=(heard(133010, NOW),)), None),
]  # fmt: skip


@pytest.mark.parametrize(("_why", "given", "until"), ASKED, ids=[row[0] for row in ASKED])
def test_a_person_is_asked_first(_why: str, given: Lost, until: datetime | None) -> None:
    verdict = recover(given)
    assert isinstance(verdict, Open)
    assert verdict.ask
    assert verdict.until == until


def test_what_our_register_showed_to_be_no_app_number_needs_no_question() -> None:
    verdict = recover(lost(answered("register", ago(hours=300)), app=None, evidence=(heard(133010, NOW),)))
    assert isinstance(verdict, Open)
    assert verdict.ask is None


def test_the_order_of_the_rules() -> None:
    assert [rule.__name__ for rule in RULES] == [
        "switched_off",
        "not_wanted",
        "not_ours",
        "moved_away",
        "not_now",
        "not_lost",
        "closed",
        "taken_away",
        "left_by_a_person",
        "once_a_week",
        "after_the_partner",
        "perhaps_in_the_app",
        "told",
        "our_own",
        "unexplained",
    ]


def test_what_is_told_later_holds_an_open_register_back() -> None:
    assert held_back([happened("quality", NOW)]) is None
    assert held_back([happened("partner-removed", NOW), happened("quality", NOW)]) == (
        "After it was opened Meta told of the account: partner-removed."
    )
