"""What Meta tells against a whole account shows at once, and no longer than it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.watch.post_stage import Post, play
from tests.watch.posts import change

from linewright.domain.against import told_against
from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.number import Reading

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WELL = {"health_status": {"can_send_message": "AVAILABLE"}}


def ban(state: str) -> dict[str, Any]:
    return change("account_update", event="DISABLED_UPDATE", ban_info={"waba_ban_state": state})


def restriction(of: str, **more: Any) -> dict[str, Any]:
    return change("account_update", event="ACCOUNT_RESTRICTION", restriction_info=[{"restriction_type": of, **more}])


def test_a_disabled_account_shows_at_every_number_until_it_is_reinstated(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        ids = [number.id for number in post.numbers]
        await post.told(ban("DISABLE"))
        for id in ids:
            assert post.stage.said(id, "CanSend", "NotRestricted") == [("false", "account-disabled")] * 2
        await post.stage.run_for(minutes=30)
        assert post.stage.said(ids[0], "CanSend") == [("false", "account-disabled")]
        await post.told(ban("REINSTATE"))
        for id in ids:
            assert post.stage.said(id, "CanSend", "NotRestricted") == [("true", "available"), ("true", "free")]
        assert set(post.stage.warnings(ids).values()) == {None}

    play(tmp_path, url, story)


def test_a_reinstatement_that_came_before_its_ban_still_ends_it(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        at = post.now - timedelta(minutes=9)
        await post.told(ban("REINSTATE"), at=at + timedelta(minutes=2))
        await post.told(ban("DISABLE"), at=at)
        assert post.stage.said(post.numbers[0].id, "NotRestricted") == [("true", "free")]

    play(tmp_path, url, story)


def test_a_restriction_ends_by_itself_and_one_number_is_one_number(tmp_path: Path, url: str) -> None:
    async def story(post: Post) -> None:
        first, second = post.numbers[0].id, post.numbers[1].id
        ends = int((post.now + timedelta(hours=3)).timestamp())
        one = restriction("RESTRICTED_BIZ_INITIATED_MESSAGING", expiration=ends)
        one["value"]["phone_number"] = "+" + post.phone(0)
        await post.told(one)
        assert post.stage.said(first, "NotRestricted") == [("false", "account-restricted")]
        assert post.stage.said(second, "NotRestricted") == [("true", "free")]
        await post.stage.run_for(hours=4)
        assert post.stage.said(first, "NotRestricted") == [("true", "free")]
        await post.told(restriction("RESTRICTED_ADD_PHONE_NUMBER_ACTION"))
        assert post.stage.said(second, "NotRestricted") == [("true", "free")]

    play(tmp_path, url, story)


def happening(kind: HappeningKind, hours_ago: float, **detail: Any) -> Happening:
    at = NOW - timedelta(hours=hours_ago)
    return Happening(account="shop", kind=kind, at=at, heard_at=at, detail=detail)


def reading(hours_ago: float, said: dict[str, Any] | None = None, status: str = "CONNECTED") -> Reading:
    return Reading(at=NOW - timedelta(hours=hours_ago), good=True, status=status, said=said or {})


DISABLED, DELETED, RESTRICTED = (
    HappeningKind.ACCOUNT_DISABLED,
    HappeningKind.ACCOUNT_DELETED,
    HappeningKind.ACCOUNT_RESTRICTED,
)


@pytest.mark.parametrize(
    ("told", "seen", "counts"),
    [
        (happening(DISABLED, 23), reading(0, WELL), True),
        (happening(DISABLED, 25), reading(0, WELL), False),
        (happening(DISABLED, 25), reading(2, WELL), True),
        (happening(DISABLED, 25), reading(0), True),
        (happening(DISABLED, 25), reading(0, WELL, "BANNED"), True),
        (happening(DISABLED, 9_000), None, True),
        (happening(DELETED, 1), reading(2), True),
        (happening(DELETED, 1), reading(0.5), False),
        (happening(RESTRICTED, 1), reading(0, WELL), True),
        (happening(RESTRICTED, 25), reading(0, WELL), False),
        (happening(RESTRICTED, 99, until=(NOW + timedelta(hours=1)).isoformat()), reading(0, WELL), True),
        (happening(RESTRICTED, 1, until=NOW.isoformat()), reading(0), False),
        (happening(RESTRICTED, 1, type="RESTRICTED_UTILITY_TEMPLATES"), reading(0), False),
    ],
)
def test_how_long_a_word_counts(told: Happening, seen: Reading | None, counts: bool) -> None:
    assert told_against([told], "77", seen, NOW) == (told if counts else None)
