"""What the catalogue says of one error: the types; `catalogue.loader` fills them from TOML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from linewright.domain.journal import CallKind, RemoteError

__all__ = ["Catalogue", "Entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the catalogue.

    It matches an error whose code (or subcode, where the same figure travels in either place) lies in
    `code..through`, and whose `subcode`, `calls` and `tokens` fit where they are given. `tokens` are
    language-neutral words (`SMB`, `pin`), never prose.
    """

    key: str
    code: int
    through: int | None = None
    subcode: int | None = None
    calls: frozenset[CallKind] = frozenset()
    tokens: tuple[str, ...] = ()
    either_place: bool = False
    """The figure may arrive as code or as subcode (the 2388xxx family)."""

    name: str
    summary: str
    meaning: str
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    """Where a source page is wrong, and what is right."""
    owner: str
    """The same in words for the customer whose phone it is."""
    who: str
    """nobody · person · support"""
    retry: str
    """never · after_wait · after_change"""
    wait: timedelta | None = None
    """The wait that is kept when the remote tells none."""
    costs: str = ""
    http_status: int | None = None
    documentation: str
    source: str
    remedy: str

    def fits(self, error: RemoteError, call: CallKind | None) -> bool:
        """Whether this entry speaks of that error; `call` None means the call is not known."""
        by_code = error.code is not None and self.code <= error.code <= (self.through or self.code)
        by_subcode = self.either_place and error.subcode == self.code
        if not (by_code or by_subcode):
            return False
        if self.subcode is not None and error.subcode != self.subcode:
            return False
        if self.calls and call is not None and call not in self.calls:
            return False
        if self.tokens:
            text = " ".join((error.message, error.details, error.user_message, error.user_title))
            return any(token in text for token in self.tokens)
        return True

    @property
    def precision(self) -> tuple[bool, bool, bool, bool, bool]:
        """Sorts entries so that the narrower one is asked first."""
        return (
            self.either_place,
            self.subcode is not None,
            bool(self.tokens),
            bool(self.calls),
            self.through is None,
        )


class Catalogue:
    """All entries, asked from the narrowest to the widest."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_precision = sorted(self.entries, key=lambda entry: entry.precision, reverse=True)

    def find(self, error: RemoteError, call: CallKind | None = None) -> Entry | None:
        """The narrowest entry that speaks of this error, or None for one nobody has described."""
        return next((entry for entry in self._by_precision if entry.fits(error, call)), None)
