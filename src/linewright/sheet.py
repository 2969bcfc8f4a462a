"""The file of an import: a table of numbers as spreadsheets write it, read line by line.

Nothing is repaired that could be repaired wrongly: a PIN is never padded, a ruined phone never guessed. What is wrong
is told with its line, and without what may be a secret in the wrong column.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import phonenumbers

from linewright.domain.imports import RowGoal
from linewright.errors import UsageError
from linewright.phones import possible
from linewright.secret import Secret

__all__ = [
    "COLUMNS",
    "LARGEST",
    "MOST_ROWS",
    "Fault",
    "Line",
    "Sheet",
    "decoded",
    "delimiter_of",
    "phone_in",
    "pin_fault",
    "read_sheet",
    "rows_of",
]

LARGEST = 10_000_000
"""Bytes; a hundred thousand rows are about half of it."""
MOST_ROWS = 100_000
MOST_NAMED = 10
"""Columns that are not known, named in the message."""
COLUMNS = ("phone", "account", "pin", "code_method", "goal", "verified_name", "code_language")
_GOALS = {"": RowGoal.REGISTER, "sync": RowGoal.NONE, "sync_only": RowGoal.NONE} | {
    each.value: each for each in RowGoal
}
_METHODS = {"": None, "sms": "SMS", "voice": "VOICE"}
_UNSEEN = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069")
)
"""Signs without a width, which come along when a number is copied from a page."""
_POWER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_DECIMAL = re.compile(r"[0-9]{5,}[.,]0*")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?")
_ASKED = re.compile(r"\+?[0-9][0-9 ().\-/]*")
_TELLING = re.compile(r"[0-9]{4}")
"""A cell with so many digits in a row is not repeated: it may be a PIN in the wrong column."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row."""

    line: int
    column: str
    reason: str
    message: str
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row that can be read. `has_plus`: its phone was written with the country code for certain."""

    line: int
    phone: str
    has_plus: bool
    account: str
    pin: Secret | None = None
    code_method: str | None = None
    goal: RowGoal = RowGoal.REGISTER
    verified_name: str | None = None
    code_language: str | None = None


@dataclass(slots=True)
class Sheet:
    """The rows that can be read, and what is wrong with the others; a row is in one of the two."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0


def read_sheet(content: bytes) -> Sheet:
    """Raises `UsageError` (reason `import-file`) for what is no such table at all."""
    text = decoded(content)
    rows = rows_of(text, delimiter_of(text))
    first = next(rows, None)
    if first is None:
        raise _not_a_table("The file is empty.", "Give a CSV file whose first line names the columns.")
    places, width = _header(first[1]), len(first[1])
    sheet = Sheet()
    for line, cells in rows:
        sheet.rows += 1
        if sheet.rows > MOST_ROWS:
            raise _not_a_table(f"The file has more than {MOST_ROWS:,} rows.", "Split it into several.")
        _read(sheet, line, cells, places, width)
    if not sheet.rows:
        raise _not_a_table("The file has a header and no row.", "Give a row for each number.")
    return sheet


# The file


def _not_a_table(message: str, fix: str) -> UsageError:
    return UsageError(message, fix=f"{fix} Nothing was taken.", reason="import-file")


def decoded(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _not_a_table(f"The file has more than {LARGEST:,} bytes.", "Split it into several.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _not_a_table("The file is a workbook, not a CSV file.", "In the spreadsheet, save it as *CSV UTF-8*.")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise _not_a_table("The file is not UTF-8.", "In the spreadsheet, save it as *CSV UTF-8*.") from None
    if "\0" in text:
        raise _not_a_table("The file is not text: there is a NUL in it.", "Save it as *CSV UTF-8*.")
    return text


def delimiter_of(text: str) -> str:
    """The sign between the cells: what `sep=` names, else the one that the header has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    return max(",;\t", key=first.count)


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line; empty ones, and `sep=`, are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        before = 0
        for cells in reader:
            line, before = before + 1, reader.line_num
            clean = [_clean(cell) for cell in cells]
            sep = line == 1 and "".join(cells).strip().lower() in ("sep=", f"sep={delimiter}")
            if any(clean) and not sep:
                yield line, clean
    except csv.Error as error:
        raise _not_a_table(
            f"Line {reader.line_num} cannot be read as CSV: {error}.", "Save the file anew as CSV."
        ) from None


def _clean(cell: str) -> str:
    """Without what spreadsheets and web pages add: blanks of any kind, unseen signs, a leading apostrophe, `="…"`."""
    plain = " ".join(cell.translate(_UNSEEN).split())
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1].strip()
    return plain.removeprefix("'").strip()


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Where each column stands. One whose name begins with # is the owner's own and is left out."""
    names = ["_".join(re.split(r"[\s-]+", cell.casefold())) for cell in cells]
    known = [name for name in names if name in COLUMNS]
    unknown = [
        _quoted(cell) for cell, name in zip(cells, names, strict=True) if name not in ("", *COLUMNS) and cell[0] != "#"
    ]
    columns = f"The columns are: {', '.join(COLUMNS)}."
    if "phone" not in known:
        raise _not_a_table("The first line names no column *phone*.", columns)
    if unknown:
        own = "Rename them, or begin their names with # to have them left out."
        named = ", ".join(unknown[:MOST_NAMED]) + (" …" if len(unknown) > MOST_NAMED else "")
        raise _not_a_table(f"These columns are not known: {named}.", f"{columns} {own}")
    twice = sorted(name for name, times in Counter(known).items() if times > 1)
    if twice:
        raise _not_a_table(f"The column {twice[0]} stands there twice.", columns)
    return {name: names.index(name) for name in known}


def _quoted(cell: str) -> str:
    """A cell as it may be repeated in a message."""
    return "(not repeated: it may be a PIN)" if _TELLING.search(cell) else repr(cell[:40])


# One row


def _read(sheet: Sheet, line: int, cells: Sequence[str], places: dict[str, int], width: int) -> None:
    def cell(name: str) -> str:
        place = places.get(name, len(cells))
        return cells[place] if place < len(cells) else ""

    faults: list[tuple[str, str, str]] = []
    phone, has_plus = phone_in(cell("phone"), faults)
    if any(cells[width:]):
        faults.append(("", "row-form", "It has more cells than the header has columns."))
    pin = pin_in(cell("pin"), faults)
    method, goal = cell("code_method").casefold(), "_".join(cell("goal").casefold().split())
    if method not in _METHODS:
        faults.append(("code_method", "code-method", f"A code comes by sms or voice, not by {_quoted(method)}."))
    if goal not in _GOALS:
        faults.append(("goal", "goal", f"There is no goal {_quoted(goal)} here; it is register, verify or none."))
    name = cell("verified_name")
    if name and not 2 <= len(name) <= 75:
        faults.append(("verified_name", "verified-name", "A display name has 2 to 75 characters."))
    language = _language(cell("code_language"), faults)
    if faults or phone is None:
        sheet.faults += [Fault(line, column, reason, message, phone) for column, reason, message in faults]
        return
    sheet.lines.append(
        Line(
            line=line,
            phone=phone,
            has_plus=has_plus,
            account=cell("account"),
            pin=pin,
            code_method=_METHODS[method],
            goal=_GOALS[goal],
            verified_name=name or None,
            code_language=language,
        )
    )


Faults = list[tuple[str, str, str]]


def phone_in(text: str, faults: Faults) -> tuple[str | None, bool]:
    """The phone in E.164, and whether its plus was written."""
    said = ""
    if not text:
        said = "The phone is missing."
    elif _POWER.fullmatch(text) or _DECIMAL.fullmatch(text):
        ruined = "The spreadsheet made a figure of the phone, and digits of it are lost; format the column as text."
        faults.append(("phone", "phone-ruined", ruined))
        return None, False
    elif not _ASKED.fullmatch(text):
        said = "That is not a phone: it holds other signs than digits."
    plain = re.sub(r"[^0-9+]", "", text)
    has_plus = plain.startswith(("+", "00"))
    plain = "+" + plain.removeprefix("+").removeprefix("00") if has_plus else f"+{plain}"
    parsed = None if said else possible(plain)
    if parsed is not None:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), has_plus
    lost = plain.startswith("+0") and not said
    said = said or ("It lacks its country code." if lost else "That is not a possible phone number.")
    faults.append(("phone", "phone", f"{said} Write it with a plus and its country code."))
    return None, False


def pin_in(text: str, faults: Faults) -> Secret | None:
    if not text:
        return None
    said = pin_fault(text)
    if said is not None:
        faults.append(("pin", "pin-form", said))
        return None
    if _is_weak(text):
        faults.append(("pin", "pin-weak", "The PIN is one digit repeated, or a run: Meta refuses such PINs."))
    return Secret(text)


def pin_fault(text: str) -> str | None:
    """What is wrong with a PIN out of a table, in words that do not tell it; None where it has its six digits."""
    if re.fullmatch(r"[0-9]{6}", text):
        return None
    if re.fullmatch(r"[0-9]{1,5}", text):
        lost = "a leading zero was probably lost" if len(text) == 5 else "leading zeros were probably lost"
        count = ("no", "one digit", "two digits", "three digits", "four digits", "five digits")[len(text)]
        return f"The PIN has {count}: {lost}. Format the column as text and type all six."
    if _POWER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return "The spreadsheet made a figure of the PIN; format the column as text and type all six digits."
    return "A PIN is six digits, 0 to 9, and nothing else."


def _is_weak(digits: str) -> bool:
    steps = {(ord(after) - ord(before)) for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {-1})


def _language(text: str, faults: Faults) -> str | None:
    if not text:
        return None
    found = _LANGUAGE.fullmatch(text)
    if found is None:
        faults.append(("code_language", "code-language", f"{_quoted(text)} is no language such as en_US."))
        return None
    language, region = found.groups()
    return language.lower() + (f"_{region.upper()}" if region else "")
