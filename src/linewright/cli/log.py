"""The log on stderr, and the details of an error of ours: both without secrets."""

from __future__ import annotations

import logging
import re
import traceback

from linewright.graph.errors import without_tokens
from linewright.secret import DOTS

__all__ = ["begin", "details_of", "without_secrets"]

BEARERS = re.compile(r"\blw[a-z]{1,2}_[A-Za-z0-9_-]{20,}")
"""What opens something by itself: links, invitations, sessions, API tokens."""
SIX_DIGITS = re.compile(r"(?<!\d)\d{3}[- ]?\d{3}(?!\d)")


class _Redacting(logging.Formatter):
    """Whatever a library writes, tokens and bearers become dots."""

    def format(self, record: logging.LogRecord) -> str:
        return BEARERS.sub(DOTS, without_tokens(super().format(record)))


def begin(level: str) -> None:
    """Sends the log of everything at `level` and above to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in [held for held in root.handlers if isinstance(held.formatter, _Redacting)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


def details_of(error: BaseException) -> str:
    """Where `error` came from, without anything that looks like a token, a PIN or a code; logged at debug."""
    details = without_secrets("".join(traceback.format_exception(error)))
    logging.getLogger(__name__).debug("%s", details)
    return details


def without_secrets(text: str) -> str:
    """The text without anything that looks like a token, a PIN or a code."""
    return SIX_DIGITS.sub(DOTS, BEARERS.sub(DOTS, without_tokens(text)))
