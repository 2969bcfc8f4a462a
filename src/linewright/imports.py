"""The desk of imports: a file is looked at whole before anything is spent, then taken, and told how it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from linewright.accounts import AccountDesk
from linewright.domain.imports import RELEASED, Room, RowGoal, limit_of
from linewright.import_shapes import RESULT_COLUMNS, csv_text, import_shape, report_shape, result_row
from linewright.sheet import Fault, Line, Sheet, read_sheet
from linewright.store.import_look import KnownNumber
from linewright.store.import_rows import NewRow
from linewright.wiring import Installation

__all__ = ["ImportDesk"]

Shape = dict[str, Any]
PAGE = 500


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was looked at: what would be taken, what is wrong, and the room in the accounts that it adds to."""

    rows: int
    good: list[NewRow]
    faults: list[Fault]
    rooms: list[Room]

    def report(self) -> Shape:
        return report_shape(self.rows, self.good, self.faults, self.rooms)

    def taken(self) -> list[NewRow]:
        """Every row by its line; the bad ones say why, and nothing is done for them."""
        told: dict[int, list[Fault]] = defaultdict(list)
        for fault in self.faults:
            told[fault.line].append(fault)
        bad = [
            NewRow(
                line=line,
                e164=some[0].phone,
                reason=some[0].reason,
                message=" ".join(dict.fromkeys(fault.message for fault in some)),
            )
            for line, some in told.items()
        ]
        return sorted([*self.good, *bad], key=lambda row: row.line)


class ImportDesk:
    """Looks at files, takes them, tells of them. What carries them on is `importer.Importer`."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store
        self._accounts = AccountDesk(office)

    async def check(self, content: bytes) -> Shape:
        """What `take` would do with a file; nothing is kept of it."""
        return (await self._look(content)).report()

    async def take(
        self, content: bytes, *, name: str, who: str, skip_bad: bool = False, by_link: bool = False, again: bool = False
    ) -> tuple[Shape, bool]:
        """Takes a file whole, or nothing of it: `{"import", "report"}` and whether it was taken now.

        The same file is taken once: its import is found again, `again` takes one anew that has ended. `import` is
        None where a row is bad, unless `skip_bad`; `report` is None for one that was found.
        """
        digest = self._store.imports.digest(content)
        found = self._store.imports.of_file(digest)
        if found is not None and (found.ended_at is None or not again):
            return {"import": import_shape(found), "report": None}, False
        looked = await self._look(content)
        report = looked.report()
        if (looked.faults and not skip_bad) or not looked.good:
            return {"import": None, "report": report}, False
        now = self._office.clock.now()
        taken, is_new = self._store.imports.take(digest, name, looked.taken(), who=who, by_link=by_link, now=now)
        return {"import": import_shape(taken), "report": report if is_new else None}, is_new

    def result(self, id: str) -> Iterator[str]:
        """The result file, a piece at a time: one row for each number, and never a PIN."""
        self._store.imports.get(id)
        yield csv_text([RESULT_COLUMNS])
        after: int | None = 0
        while after is not None:
            rows, after = self._store.imports.rows(id, after=after, limit=PAGE)
            yield csv_text([result_row(row) for row in rows])

    # Looked at whole

    async def _look(self, content: bytes) -> Looked:
        """Raises `UsageError` for what is no table, `RemoteUnavailable` where an account cannot be listed."""
        sheet = read_sheet(content)
        known = self._store.import_look.numbers({line.phone for line in sheet.lines})
        stale = self._unlisted(sheet, known)
        for account in stale:
            await self._accounts.sync(account)
        if stale:
            known = self._store.import_look.numbers({line.phone for line in sheet.lines})
        judged = _Judge(self._store.import_look.accounts(), known)
        rows = [judged.row(line) for line in sheet.lines]
        faults = [*sheet.faults, *judged.faults, *_twice(sheet.lines)]
        faults += self._refused(rows)
        good = _without(rows, faults)
        rooms = self._rooms(good)
        faults += _no_room(good, rooms)
        faults.sort(key=lambda fault: fault.line)
        return Looked(sheet.rows, _without(good, faults), faults, rooms)

    def _unlisted(self, sheet: Sheet, known: dict[str, list[KnownNumber]]) -> list[str]:
        """The accounts in which a row looks for a number that is not known there: they are listed anew first, since
        it may be there by now."""
        accounts = self._store.import_look.accounts()
        only = next(iter(set(accounts.values()))) if len(set(accounts.values())) == 1 else None
        found = set()
        for line in sheet.lines:
            account = accounts.get(line.account) if line.account else only
            here = [each for each in known.get(line.phone, ()) if each.account == account]
            if account is not None and not here:
                found.add(account)
        return sorted(found)

    def _refused(self, rows: Sequence[NewRow | None]) -> list[Fault]:
        """Rows whose PIN the remote is known to refuse."""
        given = {row.e164: row.pin for row in rows if row is not None and row.pin is not None and row.e164 is not None}
        refused = self._store.import_look.refused(given)
        said = "Meta has refused this PIN already; a few wrong guesses lock the number. Give another one, or none."
        return [
            Fault(row.line, "pin", "pin-refused", said, row.e164)
            for row in rows
            if row is not None and row.pin is not None and row.e164 in refused
        ]

    def _rooms(self, rows: Sequence[NewRow]) -> list[Room]:
        creates = Counter(row.account for row in rows if row.number is None and row.account is not None)
        look = self._store.import_look
        held, promised, told = look.held(creates), look.promised(creates), look.limits(creates)
        rooms = []
        for account, count in sorted(creates.items()):
            limit, whole = limit_of(told.get(account))
            room = Room(account=account, numbers=held.get(account, 0), promised=promised.get(account, 0))
            rooms.append(replace(room, creates=count, limit=limit, whole_business=whole))
        return rooms


class _Judge:
    """Finds the number of each row; `faults` gathers what is wrong with them."""

    def __init__(self, accounts: dict[str, str], known: dict[str, list[KnownNumber]]) -> None:
        self._accounts = accounts
        self._names = sorted(set(accounts.values()))
        self._known = known
        self.faults: list[Fault] = []

    def row(self, line: Line) -> NewRow | None:
        account = self._account(line)
        if account is None:
            return None
        here = [each for each in self._known.get(line.phone, ()) if each.account == account]
        living = [each for each in here if not each.gone] or here
        if len(living) > 1:
            ids = ", ".join(each.id for each in living)
            self._wrong(line, "phone", "several-numbers", f"{account} has this phone several times: {ids}.")
            return None
        if not living and self._cannot_be_made(line, account):
            return None
        if line.goal is RowGoal.REGISTER and living and living[0].released:
            self._wrong(line, "phone", "released", RELEASED)
            return None
        return NewRow(
            line=line.line,
            e164=line.phone,
            account=account,
            number=living[0].id if living else None,
            goal=line.goal,
            verified_name=line.verified_name,
            code_method=line.code_method,
            code_language=line.code_language,
            pin=line.pin,
        )

    def _account(self, line: Line) -> str | None:
        """The account that a row names, else the only one that has its phone, else the only one there is."""
        if line.account:
            named = self._accounts.get(line.account)
            if named is None:
                self._wrong(
                    line, "account", "unknown-account", "There is no such account; see `linewright account list`."
                )
            return named
        having = sorted({each.account for each in self._known.get(line.phone, ())})
        if len(having) > 1:
            self._wrong(
                line, "account", "several-accounts", f"The phone is in {' and '.join(having)}; name one of them."
            )
            return None
        found = having or (self._names if len(self._names) == 1 else [])
        if not found:
            self._wrong(line, "account", "unknown-number", "No account has this phone; name the account it belongs to.")
        return found[0] if found else None

    def _cannot_be_made(self, line: Line, account: str) -> bool:
        if not line.verified_name:
            said = f"{account} has no such number. To have it made there, give it a verified_name."
            self._wrong(line, "phone", "unknown-number", said)
        elif not line.has_plus:
            said = "A number that is made must be written with a plus and its country code."
            self._wrong(line, "phone", "phone-plus", said)
        else:
            return False
        return True

    def _wrong(self, line: Line, column: str, reason: str, message: str) -> None:
        self.faults.append(Fault(line.line, column, reason, message, line.phone))


def _twice(lines: Sequence[Line]) -> list[Fault]:
    """Every row of a phone that stands there more than once, each naming the others."""
    places: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        places[line.phone].append(line.line)
    found = []
    for phone, several in places.items():
        if len(several) > 1:
            named = ", ".join(map(str, several[:5])) + (" …" if len(several) > 5 else "")
            said = f"The same phone stands in the lines {named}; keep one of them."
            found += [Fault(line, "phone", "phone-twice", said, phone) for line in several]
    return found


def _no_room(rows: Sequence[NewRow], rooms: Sequence[Room]) -> list[Fault]:
    """The rows that would create more numbers than their account may hold: the last ones of the file."""
    found: list[Fault] = []
    for room in rooms:
        if not room.too_many:
            continue
        making = [row for row in rows if row.account == room.account and row.number is None]
        whose = "its business may hold" if room.whole_business else "it may hold"
        promised = f", {room.promised} more are promised to another import" if room.promised else ""
        said = (
            f"{room.account} has {room.numbers} numbers and {whose} {room.limit}{promised}: "
            f"of {room.creates} rows that create one, {room.room} fit."
        )
        found += [Fault(row.line, "verified_name", "number-limit", said, row.e164) for row in making[room.room or 0 :]]
    return found


def _without(rows: Sequence[NewRow | None], faults: Sequence[Fault]) -> list[NewRow]:
    bad = {fault.line for fault in faults}
    return [row for row in rows if row is not None and row.line not in bad]
