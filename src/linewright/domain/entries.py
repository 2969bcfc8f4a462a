"""What the catalogue says of one error: the types; `catalogue.loader` fills them from TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from linewright.domain.journal import CallKind, RemoteError

__all__ = ["Catalogue", "Entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the catalogue.

    It matches an error whose code (or subcode, where the same figure travels in either place) lies in
    `code..through`, and whose `subcode`, `calls` and `tokens` fit where they are given. `tokens` are whole
    words that the remote does not translate (`SMB`, `pin`), looked for in all texts of the error.
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
        return not self.tokens or self._names_a_token(error)

    def _names_a_token(self, error: RemoteError) -> bool:
        text = "\n".join((error.message, error.details, error.user_message, error.user_title))
        return any(re.search(rf"(?<!\w){re.escape(token)}(?!\w)", text) for token in self.tokens)

    def precision(self, *, call_known: bool) -> tuple[bool, bool, bool, bool, bool]:
        """Sorts entries so that the narrower one is asked first.

        Where the call is not known, an entry that speaks of all calls goes before one that speaks of some.
        Among entries found by their words the catalogue's own order counts: an error text may echo more of a
        request than it means (`pin=` in one about SMB).
        """
        return (
            self.subcode is not None,
            self.either_place,
            bool(self.tokens),
            bool(self.tokens) or bool(self.calls) is call_known,
            self.through is None,
        )


class Catalogue:
    """All entries, asked from the narrowest to the widest."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._call_known = self._sorted(call_known=True)
        self._call_unknown = self._sorted(call_known=False)

    def _sorted(self, *, call_known: bool) -> tuple[Entry, ...]:
        return tuple(sorted(self.entries, key=lambda entry: entry.precision(call_known=call_known), reverse=True))

    def find(self, error: RemoteError, call: CallKind | None = None) -> Entry | None:
        """The narrowest entry that speaks of this error, or None for one nobody has described."""
        order = self._call_unknown if call is None else self._call_known
        return next((entry for entry in order if entry.fits(error, call)), None)
