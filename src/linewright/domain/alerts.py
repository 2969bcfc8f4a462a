"""The words of an alert: one for all changes of an account that come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from linewright.domain.conditions import ConditionType
from linewright.domain.happenings import HappeningKind

__all__ = ["EVENTS", "GATHER", "MOST_NAMED", "RETRIES", "News", "body_of", "is_urgent", "item_of", "title_of"]

MOST_NAMED = 20
"""Changes that an alert names; the rest is counted."""
GATHER = timedelta(seconds=15)
"""So long an alert waits for others of its account before it goes out, and so long they join it."""
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 5 * 60, 30 * 60, 2 * 3_600, 6 * 3_600, 12 * 3_600))
"""After a sending that failed, the first, the second, … time; after the last Linewright gives up."""
RECOVERED = "recovered"
WELL = {
    ConditionType.REGISTERED: "It is registered again.",
    ConditionType.NOT_RESTRICTED: "Meta no longer restricts it.",
    ConditionType.CAN_SEND: "Nothing speaks against its sending any more.",
    ConditionType.NAME_APPROVED: "Its display name is no longer refused.",
    ConditionType.QUALITY_GOOD: "Its quality is no longer rated low.",
    ConditionType.TOKEN_VALID: "The account's token works.",
    ConditionType.WEBHOOK_SUBSCRIBED: "The app hears the account's webhooks again.",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What people are told when a webhook tells this: there is no state to wait for."""

    message: str
    fix: str | None = None
    kind: str = "warning"
    urgent: bool = False


EVENTS = {
    HappeningKind.PIN_CHANGED: Event(
        "Its two-step verification PIN was changed. The PIN that is kept here is not its PIN any more.",
        "If that was nobody of yours, take the number back in WhatsApp Manager now; else set a PIN that you know.",
        urgent=True,
    ),
    HappeningKind.ACCOUNT_DISABLED: Event(
        "Meta has disabled the account: none of its numbers can send.",
        "See Business Support Home at Meta; appeal there if it is wrong.",
        urgent=True,
    ),
    HappeningKind.ACCOUNT_DELETED: Event("The account was deleted at Meta.", "If that was a mistake, ask Meta."),
    HappeningKind.ACCOUNT_RESTRICTED: Event("Meta restricts what the account may do.", "See Account Quality at Meta."),
    HappeningKind.ACCOUNT_VIOLATION: Event("Meta says that the account broke a rule.", "See Account Quality at Meta."),
    HappeningKind.ACCOUNT_OFFBOARDED: Event(
        "The account was taken off the platform by its owner.", "Nothing is registered by itself; ask the owner."
    ),
    HappeningKind.PARTNER_REMOVED: Event(
        "The owner has removed you as the account's partner.", "Nothing is registered by itself; ask the owner."
    ),
    HappeningKind.ACCOUNT_REINSTATED: Event("Meta has given the account back.", kind=RECOVERED),
}
"""Happenings that are told by themselves; the others show in the conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One change to be told: of the number `number` (its id; None: of the whole account), shown as `display`.
    `reason` is that of the warning, or of the warning that is over; `type` the statement or the kind of happening."""

    kind: str
    account: str
    number: str | None
    display: str
    type: str
    reason: str
    message: str
    fix: str | None
    urgent: bool = False


def item_of(news: News) -> dict[str, Any]:
    """A change as it is kept in its alert, and sent to webhooks."""
    return {
        "account": news.account,
        "number": {"id": news.number, "display": news.display} if news.number else None,
        "type": news.type,
        "reason": news.reason,
        "message": WELL[ConditionType(news.type)] if _is_over(news) else news.message,
        "fix": None if _is_over(news) else news.fix,
        "urgent": news.urgent,
    }


def _is_over(news: News) -> bool:
    return news.kind == RECOVERED and news.type in WELL


def is_urgent(items: Sequence[dict[str, Any]]) -> bool:
    return any(item["urgent"] for item in items)


def title_of(kind: str, account: str, items: Sequence[dict[str, Any]]) -> str:
    """A line that says how many and of which account; where it is one, which."""
    who = _subjects(items)
    well = kind == RECOVERED
    if len(who) == 1:
        number = items[0]["number"]
        name = f"{number['display']} ({account})" if number else f"The account {account}"
        return f"{name} {'is well again' if well else 'needs attention'}"
    if None not in who:
        return f"{len(who):,} numbers of {account} {'are well again' if well else 'need attention'}"
    more = f"the account {account} and {len(who) - 1:,} of its numbers"
    return f"{'Well again' if well else 'Need attention'}: {more}"


def body_of(items: Sequence[dict[str, Any]]) -> str:
    """The changes, one to a paragraph; twenty at most, then how many more."""
    several = len(_subjects(items)) > 1
    told = [_lines(item, named=several) for item in items[:MOST_NAMED]]
    if len(items) > MOST_NAMED:
        told.append(f"and {len(items) - MOST_NAMED:,} more")
    return "\n\n".join(told)


def _subjects(items: Sequence[dict[str, Any]]) -> set[str | None]:
    return {item["number"]["id"] if item["number"] else None for item in items}


def _lines(item: dict[str, Any], *, named: bool) -> str:
    name = (item["number"]["display"] if item["number"] else f"The account {item['account']}") if named else ""
    said = f"{name}: {item['message']}" if name else str(item["message"])
    return f"{said}\nTo do: {item['fix']}" if item["fix"] else said
