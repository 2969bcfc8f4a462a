"""The log on stderr, in words or as JSON, and the details of an error of ours: all of it without secrets."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from linewright.graph.errors import without_tokens
from linewright.secret import DOTS

__all__ = ["WIRE_LOGS", "about", "begin", "details_of", "quiet_the_wire", "without_secrets"]

WIRE_LOGS = ("httpx", "httpcore", "hpack", "asyncio")
BEARERS = re.compile(r"\blw[a-z]{1,2}_[A-Za-z0-9_-]{20,}")
"""What opens something by itself: links, invitations, sessions, API tokens."""
SIX_DIGITS = re.compile(r"(?<!\d)\d{3}[- ]?\d{3}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    operation: str | None = None
    number: str | None = None
    account: str | None = None


NOBODY = _Subject()
_subject: ContextVar[_Subject] = ContextVar("linewright_log_subject", default=NOBODY)


@contextmanager
def about(*, operation: str | None = None, number: str | None = None, account: str | None = None) -> Iterator[None]:
    """Whatever is logged inside, by whomever, carries these ids where the log is JSON."""
    token = _subject.set(_Subject(operation=operation, number=number, account=account))
    try:
        yield
    finally:
        _subject.reset(token)


class _Redacting(logging.Formatter):
    """Whatever a library writes, tokens and bearers become dots."""

    def format(self, record: logging.LogRecord) -> str:
        return _redacted(super().format(record))


class _Json(_Redacting):
    """One object a line. The keys are always there, null where there is nothing to say."""

    def format(self, record: logging.LogRecord) -> str:
        subject = _subject.get()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _redacted(record.getMessage()),
            "operation": subject.operation,
            "number": subject.number,
            "account": subject.account,
            "error": _redacted(self.formatException(record.exc_info)) if record.exc_info else None,
        }
        return json.dumps(line, ensure_ascii=False)


def _redacted(text: str) -> str:
    return BEARERS.sub(DOTS, without_tokens(text))


def begin(level: str, form: str = "text") -> None:
    """Sends the log of everything at `level` and above to stderr, as `text` or as `json`."""
    handler = logging.StreamHandler()
    words = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(_Json() if form == "json" else _Redacting(words))
    root = logging.getLogger()
    for old in [held for held in root.handlers if isinstance(held.formatter, _Redacting)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


def quiet_the_wire(level: str) -> None:
    """The HTTP libraries' debug logs show headers and bodies: they never log below warnings."""
    logging.getLogger("linewright").setLevel(level.upper())
    for name in WIRE_LOGS:
        logging.getLogger(name).setLevel(logging.WARNING)


def details_of(error: BaseException) -> str:
    """Where `error` came from, without anything that looks like a token, a PIN or a code; logged at debug."""
    details = without_secrets("".join(traceback.format_exception(error)))
    logging.getLogger(__name__).debug("%s", details)
    return details


def without_secrets(text: str) -> str:
    """The text without anything that looks like a token, a PIN or a code."""
    return SIX_DIGITS.sub(DOTS, _redacted(text))
