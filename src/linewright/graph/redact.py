"""Replaces every secret that a call opened, and anything like an access token, before an answer is seen."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote

from linewright.domain.journal import RemoteError
from linewright.secret import DOTS, Secret

__all__ = ["DEEPEST", "HeadersUnseen", "redact", "redact_error", "redact_text", "redact_trace"]

TOKEN = re.compile(r"EA[A-Za-z0-9]{20,}")
SHORTEST = 4
"""A shorter secret is none: replacing it would blacken half of the text."""
JOINT = r"\s?[-\u2010-\u2015\u2212.]?\s?"
"""What texts for people put between the halves of a code: a blank, a hyphen or dash, a dot."""
DEEPEST = 50
"""Levels of a JSON value; what lies deeper is no answer of this API and becomes dots."""
OPAQUE = frozenset({"fbtrace_id", "after", "before"})
"""Keys of random text that may hold `EA` and more by chance: there only the opened secrets are replaced."""


class _Opened:
    """The patterns of the secrets that one call opened."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        texts = [text for secret in secrets if len(text := secret.open_secret()) >= SHORTEST]
        self._whole = set(texts)
        self._digits = [_in_halves(text) for text in texts if _is_number(text)]
        self._numbers = {int(text) for text in texts if _is_number(text)}
        self._words = [_in_any_form(text) for text in texts if not _is_number(text)]
        self._cleaned: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Also cleans what no database takes: lone surrogates and NUL. A listing says the same words over and over."""
        clean = self._cleaned.get(text)
        if clean is None:
            clean = self._cleaned[text] = self._clean(text)
        return clean

    def _clean(self, text: str) -> str:
        for pattern in (*self._words, *self._digits, TOKEN):
            text = pattern.sub(DOTS, text)
        return _storable(text)

    def opaque(self, text: str) -> str:
        """A trace id or cursor: its digits mean nothing, unless all of it is the secret."""
        for pattern in self._words:
            text = pattern.sub(DOTS, text)
        return DOTS if text in self._whole else _storable(text)

    def value(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict | list) and depth >= DEEPEST:
            return DOTS
        if isinstance(value, dict):
            return {self.text(str(key)): self._member(str(key), inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, depth + 1) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and value in self._numbers:
            return DOTS
        return value

    def _member(self, key: str, value: Any, depth: int) -> Any:
        if key in OPAQUE and isinstance(value, str):
            return self.opaque(value)
        return self.value(value, depth)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _in_halves(digits: str) -> re.Pattern[str]:
    """A PIN or code, whole or as `123-830` with any dash, never a part of a longer run of digits such as an id."""
    half = len(digits) // 2
    return re.compile(rf"(?<![0-9]){digits[:half]}{JOINT}{digits[half:]}(?![0-9])")


def _in_any_form(text: str) -> re.Pattern[str]:
    """As it is, as in a URL, and as in JSON inside JSON."""
    quoted = quote(text, safe="")
    forms = {text, quoted, quoted.replace("%20", "+"), text.replace("/", "\\/"), text.replace('"', '\\"')}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)), re.IGNORECASE)


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def redact_text(text: str, secrets: Iterable[Secret] = ()) -> str:
    """The text with every secret in it as dots."""
    return _Opened(secrets).text(text)


def redact_trace(trace: str | None, secrets: Iterable[Secret] = ()) -> str | None:
    """A trace id, whole unless it holds a secret itself."""
    return None if trace is None else _Opened(secrets).opaque(trace)


def redact(value: Any, secrets: Iterable[Secret] = ()) -> Any:
    """Any JSON value with every secret in its texts and keys as dots; a number equal to one becomes dots too."""
    return _Opened(secrets).value(value)


def redact_error(error: RemoteError, secrets: Iterable[Secret] = ()) -> RemoteError:
    """The error with every secret in its texts as dots. Code, subcode and trace id stay whole."""
    opened = _Opened(secrets)
    texts = {each.name: text for each in fields(error) if isinstance(text := getattr(error, each.name), str)}
    trace = texts.pop("fbtrace_id", None)
    changed: dict[str, Any] = {name: opened.text(text) for name, text in texts.items()}
    if trace is not None:
        changed["fbtrace_id"] = opened.opaque(trace)
    return replace(error, **changed)


class HeadersUnseen(logging.Filter):
    """Keeps what the remote sent out of httpcore's debug log: `WWW-Authenticate` repeats the error text, and that
    the token; a failure may quote the bytes that were no HTTP."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return "headers.complete" not in message and ".failed" not in message
