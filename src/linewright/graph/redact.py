"""Replaces every secret that a call opened, and anything like an access token, before an answer is seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote

from linewright.domain.journal import RemoteError
from linewright.secret import DOTS, Secret

__all__ = ["redact", "redact_error", "redact_text"]

TOKEN = re.compile(r"EA[A-Za-z0-9]{20,}")
SHORTEST = 4
"""A shorter secret is none: replacing it would blacken half of the text."""


def _patterns(secrets: Iterable[Secret]) -> list[re.Pattern[str]]:
    found = [TOKEN]
    for secret in secrets:
        text = secret.open_secret()
        if len(text) < SHORTEST:
            continue
        if text.isascii() and text.isdigit():
            # a PIN or code, whole or in halves (123-830), never a part of a longer run of digits such as an id
            half = len(text) // 2
            spaced = rf"{text[:half]}[-\s]?{text[half:]}"
            found.append(re.compile(rf"(?<![0-9A-Za-z_]){spaced}(?![0-9A-Za-z_])"))
        else:
            found.append(re.compile("|".join({re.escape(text), re.escape(quote(text, safe=""))})))
    return found


def redact_text(text: str, secrets: Iterable[Secret] = ()) -> str:
    """The text with every secret in it as dots."""
    for pattern in _patterns(secrets):
        text = pattern.sub(DOTS, text)
    return text


def redact(value: Any, secrets: Iterable[Secret] = ()) -> Any:
    """Any JSON value with every secret in its texts and keys as dots; a number equal to one becomes dots too."""
    return _walk(value, _patterns(secrets), {secret.open_secret() for secret in secrets if len(secret) >= SHORTEST})


def _walk(value: Any, patterns: list[re.Pattern[str]], whole: set[str]) -> Any:
    if isinstance(value, str):
        for pattern in patterns:
            value = pattern.sub(DOTS, value)
        return value
    if isinstance(value, dict):
        return {_walk(key, patterns, whole): _walk(inner, patterns, whole) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, patterns, whole) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and str(value) in whole:
        return DOTS
    return value


def redact_error(error: RemoteError, secrets: Iterable[Secret] = ()) -> RemoteError:
    """The error with every secret in its texts as dots; its trace id stays whole."""
    patterns = _patterns(secrets)
    changed = {
        each.name: _walk(text, patterns, set())
        for each in fields(error)
        if each.name != "fbtrace_id" and isinstance(text := getattr(error, each.name), str)
    }
    return replace(error, **changed)
