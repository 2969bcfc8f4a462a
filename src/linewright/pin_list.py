"""PINs from another tool: CSV with phone and PIN, or one JSON object a line; looked at whole, before any is taken."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from linewright.domain.pins import fault_of
from linewright.envelope import Entry
from linewright.errors import UsageError
from linewright.secret import Secret

__all__ = ["MOST_ROWS", "PinList", "Row", "bad_rows", "of_entries", "read"]

MOST_ROWS = 100_000
MOST_NAMED = 20
"""Bad rows that are named; the rest is counted."""
PHONES = ("phone", "e164", "number", "phone_number", "msisdn", "display_phone_number")
SEPARATORS = re.compile(r"[\s().\-\u2010\u2011\u2013\u00a0\u202f\u200e]")
NO_PHONE = "its phone is not in international form, such as +15550133005; a spreadsheet may have shortened it"
PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")


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
        plain = SEPARATORS.sub("", phone)
        if not PHONE.fullmatch(plain):
            self.bad.append((line, NO_PHONE))
            return
        e164, wrong = "+" + plain.lstrip("+"), fault_of(pin.strip())
        if self.seen.setdefault(e164, line) != line:
            wrong = f"its phone stands in line {self.seen[e164]} already"
        if wrong is None:
            self.rows.append(Row(line=line, e164=e164, pin=Secret(pin.strip())))
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
    rows = "; ".join(f"line {line}: {why}" for line, why in told[:MOST_NAMED])
    more = f"; and {len(told) - MOST_NAMED:,} more" if len(told) > MOST_NAMED else ""
    return UsageError(
        f"{len(told):,} row{'s' if len(told) != 1 else ''} cannot be taken: {rows}{more}.",
        fix="Correct or remove these rows and run it again; nothing was taken.",
        reason="pin-rows",
    )


def _from_csv(text: str) -> Iterator[tuple[int, str, str]]:
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: tuple[int, int] | None = None
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                names = [cell.strip().lower().replace(" ", "_") for cell in cells]
                columns = _columns(names)
                if "pin" in names:
                    continue
            phone, pin = (cells[at] if at < len(cells) else "" for at in columns)
            yield rows.line_num, phone, pin
    except csv.Error:
        raise _no_list(f"Line {rows.line_num} is no line of CSV.") from None


def _columns(names: list[str]) -> tuple[int, int]:
    """Where phone and PIN stand: by a header, else the first two columns."""
    if "pin" in names:
        phone = next((names.index(name) for name in PHONES if name in names), None)
        if phone is None:
            raise _no_list("The header names a column pin, but none for the phone.")
        return phone, names.index("pin")
    if len(names) < 2 or not PHONE.fullmatch(SEPARATORS.sub("", names[0].replace("_", ""))):
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
            found.bad.append((line, "it is no JSON object"))
            continue
        phone, pin = next((told[name] for name in PHONES if name in told), ""), told.get("pin", "")
        plain = [str(each) if type(each) in (str, int) else "" for each in (phone, pin)]
        yield line, plain[0], plain[1]


def _no_list(message: str) -> UsageError:
    return UsageError(
        message,
        fix="Give CSV with the columns phone and pin, one JSON object with both a line, or an export of Linewright.",
        reason="pin-list",
    )
