"""The two sides of a migration: the number that the line comes from, and what a turn saw of both accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linewright.domain.number import REGISTERED, Number, Reading, Standing, health_codes
from linewright.domain.operation import Account
from linewright.domain.standing import judge

__all__ = ["AccountSeen", "Moving", "Survey", "account_seen", "survey_of"]

GONE = frozenset({"MIGRATED", "DELETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    """What an account's node says of it; None in a field means *not said*, never *no*.

    `review` is `account_review_status`, `verification` `business_verification_status`, `business` the portfolio
    behind it, `messaging_for` the state of a *Messaging For* request.
    """

    review: str | None = None
    verification: str | None = None
    business: str | None = None
    messaging_for: str | None = None
    health_codes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The destination as one look showed it. `listed` is its living id of the phone, with the display form."""

    account: AccountSeen
    numbers: int
    listed: tuple[str, str] | None = None
    subscribed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What a migration's case knows beside the rest.

    `account` is the source's, None where it is not one of ours. `readings` are the source's of this operation, oldest
    first. `number_limit` is what the remote last told of how many numbers the destination may hold. The last four are
    of the present turn; `surveyed` says that the destination was looked at, whatever came of it.
    """

    source: Number
    account: Account | None = None
    created: bool = False
    readings: tuple[Reading, ...] = ()
    number_limit: int | None = None
    surveyed: bool = False
    survey: Survey | None = None
    source_read: Reading | None = None
    source_account: AccountSeen | None = None

    @property
    def visible(self) -> bool:
        """Whether the source can be read from here: its account is ours and lets us."""
        account = self.account
        return account is not None and not account.paused and account.hold is None

    @property
    def seen(self) -> Reading | None:
        """The source's good reading of this turn."""
        return self.source_read if self.source_read is not None and self.source_read.good else None

    @property
    def standing(self) -> Standing | None:
        """Where the source is in its life, by the reading of this turn."""
        return judge(self.seen, self.source).standing if self.seen is not None else None

    @property
    def works(self) -> bool | None:
        """Whether the source is registered; None where this turn could not see it."""
        return self.standing in REGISTERED if self.standing is not None else None

    @property
    def two_step(self) -> bool | None:
        """`is_pin_enabled` of the source, by the reading of this turn."""
        return self.seen.is_pin_enabled if self.seen is not None else None


def account_seen(body: Mapping[str, Any]) -> AccountSeen:
    """What the body of an account's node says."""
    owner, behalf = _part(body, "owner_business_info"), _part(body, "on_behalf_of_business_info")
    return AccountSeen(
        review=_text(body, "account_review_status"),
        verification=_text(body, "business_verification_status"),
        business=_text(behalf, "id") or _text(owner, "id"),
        messaging_for=_text(behalf, "status"),
        health_codes=health_codes(body.get("health_status")),
    )


def survey_of(body: Mapping[str, Any], e164: str) -> Survey:
    """What the body of a survey says: `account`, `numbers` (the rows of a whole listing), `subscribed`."""
    rows = [row for row in body.get("numbers") or () if isinstance(row, Mapping)]
    listed = None
    for row in rows:
        display = _text(row, "display_phone_number") or ""
        digits = "".join(sign for sign in display if sign in "0123456789")
        if "+" + digits == e164 and row.get("id") and row.get("status") not in GONE:
            listed = (str(row["id"]), display)
    subscribed = body.get("subscribed")
    return Survey(
        account=account_seen(_part(body, "account")),
        numbers=len(rows),
        listed=listed,
        subscribed=subscribed if isinstance(subscribed, bool) else None,
    )


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str | None:
    found = body.get(name)
    return found if isinstance(found, str) and found else None
