"""Looks for secrets in bytes and files: plain, URL-quoted, JSON-escaped, in base64 at any place, in hex."""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

__all__ = ["Search", "files_below"]

FRACTION = rb"(?<!:[0-9]{2}\.)"
"""Six digits after a second are a moment's microseconds, not a PIN."""
ALONE = re.compile(rb"(?<![0-9])" + FRACTION + rb"(?=([0-9]{3})[ .-]?([0-9]{3})(?![0-9]))")
CODED = re.compile(rb"[A-Za-z0-9+/=_-]+")
"""All that hex and base64 are written with: what is hidden lies within one such run, and most runs come again."""


@dataclass
class Search:
    """The secrets that are known, and every trace of one that was found. Digits count as a secret only where they
    stand alone, whole or in halves as on a phone: inside an id or a time they mean nothing."""

    words: set[str] = field(default_factory=set)
    digits: set[str] = field(default_factory=set)
    found: set[tuple[str, str]] = field(default_factory=set)
    looked_at: int = 0
    _needles: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    def look(self, place: str, content: bytes) -> None:
        """Notes where a secret is found."""
        self.looked_at += len(content)
        alone = {(first + last).decode() for first, last in ALONE.findall(content)}
        coded = b"\n".join(set(CODED.findall(content)))
        for secret in self.words | self.digits:
            plain = secret in alone if secret in self.digits else any(form in content for form in plain_forms(secret))
            if plain or any(needle in coded for needle in self._hidden(secret)):
                self.found.add((place, secret))

    def look_at(self, paths: Iterable[Path], *, except_: Iterable[Path] = ()) -> None:
        """Looks into files, and into what a zip file holds."""
        for path in set(paths) - set(except_):
            self.look(path.name, path.name.encode() + b"\n" + path.read_bytes())
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        self.look(f"{path.name}/{name}", archive.read(name))

    def _hidden(self, secret: str) -> tuple[bytes, ...]:
        if secret not in self._needles:
            self._needles[secret] = tuple(set(hidden_forms(secret)))
        return self._needles[secret]


def plain_forms(secret: str) -> set[bytes]:
    quoted = quote(secret, safe="")
    return {form.encode() for form in (secret, quoted, quoted.lower(), secret.replace("/", "\\/"))}


def hidden_forms(secret: str) -> Iterator[bytes]:
    """Hex in both cases, and what base64 of a longer text shows of the secret wherever it begins in it."""
    raw = secret.encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield coded[first:last]
        yield coded[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
