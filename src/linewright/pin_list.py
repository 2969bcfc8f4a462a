"""PINs from another tool: CSV with phone and PIN, or one JSON object a line; looked at whole, before any is taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linewright.envelope import Entry
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.sheet import MOST_ROWS, delimiter_of, phone_in, pin_fault, rows_of

__all__ = ["PinList", "Row", "bad_rows", "of_entries", "read"]

MOST_NAMED = 20
"""Bad rows that are named; the rest is counted."""
PHONES = ("phone", "e164", "number", "phone_number", "msisdn", "display_phone_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A phone and its PIN, and the line that they stood in."""

    line: int
    e164: str
    pin: Secret


@dataclass(slots=True)
class PinList:
    """The rows that can be taken, and of the others the line and what is wrong: never what stands there."""

    rows: list[Row] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """The line that each phone stood in first."""

    def add(self, line: int, phone: str, pin: str) -> None:
        faults: list[tuple[str, str, str]] = []
        e164, _ = phone_in(phone, faults)
        if e164 is None:
            self.bad.append((line, faults[0][2]))
            return
        wrong = pin_fault(pin) if pin else "The PIN is missing."
        if self.seen.setdefault(e164, line) != line:
            wrong = f"Its phone stands in line {self.seen[e164]} already."
        if wrong is None:
            self.rows.append(Row(line=line, e164=e164, pin=Secret(pin)))
        else:
            self.bad.append((line, wrong))


def read(text: Secret) -> PinList:
    """The rows of a list in clear. Raises `UsageError` (reason `pin-list`) for what is no list."""
    plain = text.open_secret().removeprefix("\ufeff")
    if not plain.strip():
        raise _no_list("The file is empty.")
    found = PinList()
    pairs = _from_json(plain, found) if plain.lstrip().startswith("{") else _from_csv(plain)
    for count, (line, phone, pin) in enumerate(pairs):
        if count >= MOST_ROWS:
            raise _no_list(f"The file has more than {MOST_ROWS:,} rows.")
        found.add(line, phone, pin)
    if not found.rows and not found.bad:
        raise _no_list("The file holds no row with a PIN.")
    return found


def of_entries(entries: Iterable[Entry]) -> PinList:
    """The same of a sealed list, whose rows are counted from 1."""
    found = PinList()
    for line, each in enumerate(entries, 1):
        found.add(line, each.e164, each.pin.open_secret())
    return found


def bad_rows(bad: Iterable[tuple[int, str]]) -> UsageError:
    """Every bad row with its line and reason, twenty at most."""
    told = sorted(bad)
    rows = "; ".join(f"line {line}: {why.rstrip('.')}" for line, why in told[:MOST_NAMED])
    more = f"; and {len(told) - MOST_NAMED:,} more" if len(told) > MOST_NAMED else ""
    return UsageError(
        f"{len(told):,} row{'s' if len(told) != 1 else ''} cannot be taken: {rows}{more}.",
        fix="Correct or remove these rows and run it again; nothing was taken.",
        reason="pin-rows",
    )


def _from_csv(text: str) -> Iterator[tuple[int, str, str]]:
    columns: tuple[int, int] | None = None
    for line, cells in rows_of(text, delimiter_of(text)):
        if columns is None:
            names = [cell.casefold().replace(" ", "_") for cell in cells]
            columns = _columns(names)
            if "pin" in names:
                continue
        phone, pin = (cells[at] if at < len(cells) else "" for at in columns)
        yield line, phone, pin


def _columns(names: list[str]) -> tuple[int, int]:
    """Where phone and PIN stand: by a header, else the first two columns."""
    if "pin" in names:
        phone = next((names.index(name) for name in PHONES if name in names), None)
        if phone is None:
            raise _no_list("The header names a column pin, but none for the phone.")
        return phone, names.index("pin")
    if len(names) < 2 or phone_in(names[0].replace("_", " "), [])[0] is None:
        raise _no_list("The first line neither names the columns phone and pin, nor begins with a phone.")
    return 0, 1


def _from_json(text: str, found: PinList) -> Iterator[tuple[int, str, str]]:
    for line, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            told = json.loads(row)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            found.bad.append((line, "It is no JSON object."))
            continue
        phone, pin = next((told[name] for name in PHONES if name in told), ""), told.get("pin", "")
        plain = [str(each) if type(each) in (str, int) else "" for each in (phone, pin)]
        yield line, plain[0].strip(), plain[1].strip()


def _no_list(message: str) -> UsageError:
    return UsageError(
        message,
        fix="Give CSV with the columns phone and pin, one JSON object with both a line, or an export of Linewright.",
        reason="pin-list",
    )
