"""What an error means and what to do about it, for anything that holds one."""

from __future__ import annotations

import math
import sys
from functools import cache
from types import ModuleType
from typing import Any

from linewright.catalogue import loader, render
from linewright.domain import waits
from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import RemoteError
from linewright.graph.errors import without_tokens
from linewright.graph.heard import Heard, heard

__all__ = ["catalogue", "explain", "identify"]

SHORTEST_CODE = 10_000
"""Smaller figures stand in texts for too many other things to be taken for a code."""


@cache
def catalogue() -> Catalogue:
    """The packaged catalogue, read once."""
    return loader.load()


@cache
def _known_codes() -> frozenset[int]:
    return frozenset(entry.code for entry in catalogue().entries if entry.code >= SHORTEST_CODE)


def identify(source: object) -> tuple[Heard, Entry | None]:
    """The error found in `source`, and the entry that describes it (None: nobody has described it)."""
    found = heard(source, _known_codes())
    return found, catalogue().find(found.error, found.call)


def explain(error: object) -> dict[str, Any]:
    """What `error` means: a dictionary with the keys of DESIGN 8, all of them always present.

    `error` is a code (`133005`, `"136024/2388091"`), a Graph body as a dictionary or JSON, a log line that
    holds one, a response, an exception that carries one, or a printed exception of pywa. Nothing is raised:
    an error that nobody has described comes back with `known` false, its code and text as they came.
    `wait_seconds` is the told wait with its margin, else the entry's own. Access tokens become dots.
    """
    found, entry = identify(error)
    remote = found.error
    told = waits.told(remote)
    result: dict[str, Any] = {"known": entry is not None, "code": remote.code, "subcode": remote.subcode}
    result |= render.fields(entry) if entry else _undescribed(remote)
    if entry is not None and remote.details + remote.user_message:
        result["notes"].append(f"The remote's own words: {_own_words(remote)}")
    if told is not None and told.too_long:
        result["notes"].append(
            "The remote asks for more than 7 days; Linewright keeps 7 days and asks support at once."
        )
    wait = waits.with_margin(told.wait) if told else entry.wait if entry else None
    result["wait_seconds"] = math.ceil(wait.total_seconds()) if wait else None
    result["wait_from"] = told.source if told else "default" if wait else None
    result["fbtrace_id"] = without_tokens(remote.fbtrace_id) if remote.fbtrace_id else None
    return {key: result[key] for key in KEYS}


KEYS = (
    *("known", "code", "subcode", "name", "summary", "meaning", "steps", "notes", "who", "owner", "retry"),
    *("wait_seconds", "wait_from", "costs", "documentation", "source", "fbtrace_id"),
)


def _undescribed(remote: RemoteError) -> dict[str, Any]:
    """An error nobody has described, or a text without one: shown as it came, never repeated."""
    texts = [remote.message, remote.user_title, remote.user_message, remote.details]
    said = list(dict.fromkeys(without_tokens(text) for text in texts if text))
    nothing = remote.code is None and not said
    return {
        "name": "No error in it" if nothing else "An error that the catalogue does not describe",
        "summary": said[0] if said else None,
        "meaning": "\n".join(said) or None,
        "steps": [],
        "notes": [],
        "who": "support",
        "owner": None,
        "retry": "never",
        "costs": None,
        "documentation": None,
        "source": None,
    }


def _own_words(remote: RemoteError) -> str:
    texts = (remote.user_title, remote.user_message, remote.details)
    return without_tokens(" · ".join(dict.fromkeys(text for text in texts if text)))


class _Callable(ModuleType):
    """Importing this module puts it in the place of `linewright.explain`, the function; so it answers like it."""

    def __call__(self, error: object) -> dict[str, Any]:
        return explain(error)


sys.modules[__name__].__class__ = _Callable
