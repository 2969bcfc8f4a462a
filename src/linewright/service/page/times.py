"""Moments as people read them: as filters of the templates, whole without scripts, ticking with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from linewright.catalogue.render import duration
from linewright.shapes import when as rfc3339

__all__ = ["FILTERS", "moment_of", "span"]

Moment = datetime | str | None
NEVER = "—"


def moment_of(value: Moment) -> datetime | None:
    """A moment, or the text of one as the JSON shapes write it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC) if value is not None else None


def span(value: timedelta | float) -> str:
    """A length of time: `5 min`, `1 h 30 min`; from seconds or a difference. Below zero counts as zero."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return duration(max(int(seconds), 0))


PLAIN = Markup('<time datetime="{}" title="{}">{}</time>')
AGO = Markup('<time datetime="{}" data-ago title="{}">{}</time>')
COUNTDOWN = Markup('<time datetime="{}" data-countdown title="{}">{}</time>')


def _tag(moment: datetime, words: str, tag: Markup = PLAIN) -> Markup:
    return tag.format(rfc3339(moment), _full(moment), words)


def _full(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def _clock(moment: datetime, now: datetime) -> str:
    """As short as it stays clear: the time today, the day too otherwise."""
    if moment.date() == now.date():
        return f"{moment:%H:%M} UTC"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}, {moment:%H:%M} UTC"


@pass_context
def when(context: Context, value: Moment) -> Any:
    """`14:05 UTC`, or with its day: `4 May, 14:05 UTC`."""
    moment = moment_of(value)
    return NEVER if moment is None else _tag(moment, _clock(moment, context["now"]))


@pass_context
def ago(context: Context, value: Moment, now: datetime | None = None) -> Any:
    """`3 min ago`. `now` is given for what goes by real time (sessions, tokens)."""
    moment = moment_of(value)
    if moment is None:
        return NEVER
    passed = (now or context["now"]) - moment
    words = "just now" if passed < timedelta(seconds=5) else f"{span(passed)} ago"
    return _tag(moment, words, PLAIN if now else AGO)


@pass_context
def countdown(context: Context, value: Moment) -> Any:
    """`in 2 h 5 min (11:05 UTC)`: still right without a script, because it names the time itself."""
    moment = moment_of(value)
    if moment is None:
        return NEVER
    now = context["now"]
    left = moment - now
    words = "now" if left <= timedelta(0) else f"in {span(left)}"
    return Markup("{} ({})").format(_tag(moment, words, COUNTDOWN), _clock(moment, now))


def last4(digits: str) -> str:
    """The last four digits of a number, as a confirmation asks for them."""
    return "".join(sign for sign in digits if sign.isdigit())[-4:]


def count(number: int, word: str) -> str:
    """`1 number`, `2 numbers`, `1,204 numbers`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


FILTERS = {"when": when, "ago": ago, "countdown": countdown, "span": span, "last4": last4, "count": count}
