"""Reads the catalogue out of its TOML tables and refuses anything unclear."""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import CallKind

__all__ = ["FILES", "CatalogueError", "load", "read"]

FILES = (
    "registration.toml",
    "codes.toml",
    "migration.toml",
    "access.toml",
    "signup.toml",
    "limits.toml",
    "trouble.toml",
    "requests.toml",
    "health.toml",
)
"""The tables, in the order in which they are shown."""

TEXTS = ("key", "name", "summary", "meaning", "owner", "who", "retry", "costs", "documentation", "source", "remedy")
LISTS = ("steps", "notes", "corrections", "tokens", "calls")
NUMBERS = ("code", "through", "subcode", "wait_seconds", "http_status")
REQUIRED = (*TEXTS, "code", "steps")
CHOICES = {
    "who": ("nobody", "person", "support"),
    "retry": ("never", "after_wait", "after_change"),
    "calls": tuple(CallKind),
}


class CatalogueError(Exception):
    """A table of the catalogue is unclear; the text names the file, the entry and the key."""


@cache
def load(known_remedies: frozenset[str] | None = None) -> Catalogue:
    """The catalogue that comes with the package.

    `known_remedies` are the names an entry may carry as its remedy; None: they are not checked.
    Raises `CatalogueError`.
    """
    return read(((name, _packaged(name)) for name in FILES), known_remedies)


def read(tables: Iterable[tuple[str, str]], known_remedies: Collection[str] | None = None) -> Catalogue:
    """The catalogue out of (file name, TOML text) pairs. Raises `CatalogueError`."""
    entries: list[Entry] = []
    seen: dict[object, str] = {}
    for file, text in tables:
        for row in _rows(file, text):
            where = f"{file}, entry {row.get('key', '?')!r}"
            _check(where, row, known_remedies)
            entry = _entry(row)
            for mark in (entry.key, _matched(entry)):
                if mark in seen:
                    raise CatalogueError(f"{where}: duplicate, the same as {seen[mark]}")
                seen[mark] = where
            entries.append(entry)
    return Catalogue(entries)


def _packaged(name: str) -> str:
    """A file of this package, wherever its loader keeps it; importlib.resources takes longer to start."""
    data = pkgutil.get_data(__package__, name)
    if data is None:
        raise CatalogueError(f"{name}: the package does not hold it")
    return data.decode()


def _rows(file: str, text: str) -> list[Mapping[str, Any]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{file}: not TOML: {error}") from error
    rows = table.pop("entry", None)
    if table:
        raise CatalogueError(f"{file}: unknown key {min(table)!r}, only [[entry]] tables are expected")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise CatalogueError(f"{file}: key 'entry' must be a list of tables")
    return rows


def _check(where: str, row: Mapping[str, Any], known_remedies: Collection[str] | None) -> None:
    for key in REQUIRED:
        if key not in row:
            raise CatalogueError(f"{where}: key {key!r} is missing")
    for key, value in row.items():
        _check_value(where, key, value)
    if known_remedies is not None and row["remedy"] not in known_remedies:
        raise CatalogueError(f"{where}: key 'remedy' names {row['remedy']!r}, which is no known remedy")


def _check_value(where: str, key: str, value: object) -> None:
    if key in TEXTS:
        good = isinstance(value, str)
    elif key in LISTS:
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif key in NUMBERS:
        good = isinstance(value, int) and not isinstance(value, bool)
    elif key == "either_place":
        good = isinstance(value, bool)
    else:
        raise CatalogueError(f"{where}: unknown key {key!r}")
    if not good:
        raise CatalogueError(f"{where}: key {key!r} holds a value of the wrong kind")
    items = value if isinstance(value, list) else [value]
    if not items or any(isinstance(item, str) and not item.strip() for item in items):
        raise CatalogueError(f"{where}: key {key!r} is empty")
    for item in items:
        if key in CHOICES and item not in CHOICES[key]:
            raise CatalogueError(f"{where}: key {key!r} holds {item!r}, not one of {', '.join(CHOICES[key])}")


def _entry(row: Mapping[str, Any]) -> Entry:
    wait = row.get("wait_seconds")
    return Entry(
        **{key: row[key] for key in TEXTS},
        code=row["code"],
        through=row.get("through"),
        subcode=row.get("subcode"),
        calls=frozenset(CallKind(call) for call in row.get("calls", ())),
        tokens=tuple(row.get("tokens", ())),
        either_place=row.get("either_place", False),
        steps=tuple(row["steps"]),
        notes=tuple(row.get("notes", ())),
        corrections=tuple(row.get("corrections", ())),
        wait=None if wait is None else timedelta(seconds=wait),
        http_status=row.get("http_status"),
    )


def _matched(entry: Entry) -> object:
    """What an entry speaks of: two entries that speak of the same would hide one another."""
    return (entry.code, entry.through, entry.subcode, entry.calls, entry.tokens, entry.either_place)
