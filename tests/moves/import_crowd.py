"""The rows of the import's story, the people behind their numbers, and where each row must end."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from linewright.errors import UsageError
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.calls import LoggedCall
from linewright.simulator.simulator import Simulator

__all__ = ["Crowd", "Row", "paces", "rows_of"]

RIGHT, WRONG = "246810", "111222"
TROUBLES = ("133000", "133004", "133005", "133006", "133008", "133009", "133010", "133015", "133016")
"""The troubles of DESIGN 5.2 that the last six digits choose: one row in five has one."""
OUTAGES = 3
"""Rows whose registration server is down: the trouble is every number's, and more of them would be no other trouble."""
GIVEN = {"133005": WRONG, "133008": RIGHT, "133009": RIGHT}
HOUR = timedelta(hours=1)
YOUNG, GROWN = 200, 5_000
UNCOUNTED = ("batch", "debug_token")


@dataclass(frozen=True)
class Row:
    """One row: what is asked, and what is true of its phone. `kind`: trouble, plain, made, verify, none or bad."""

    phone: str
    account: int
    kind: str
    pin: str = ""

    @property
    def goal(self) -> str:
        return self.kind if self.kind in ("verify", "none") else "register"


def rows_of(count: int, accounts: int) -> list[Row]:
    """One row in five is troubled; of the others some create their number, some only verify it or ask for nothing, and
    a few are bad."""
    rows = []
    for serial in range(count):
        account, place = serial % accounts, serial // 5
        if serial % 5 == 0:
            digits = TROUBLES[place % len(TROUBLES)]
            digits = "133000" if digits == "133004" and place >= OUTAGES * len(TROUBLES) else digits
            rows.append(Row(_phone(place, digits), account, "trouble", GIVEN.get(digits, "")))
            continue
        kind = {1: "made", 2: "verify", 3: "none", 4: "bad"}.get(serial % 50, "plain")
        rows.append(Row(_phone(serial, f"{200_000 + serial:06d}"), account, kind, "24681" if kind == "bad" else ""))
    return rows


def _phone(place: int, digits: str) -> str:
    return f"+1{200 + place % 700}{2 + place // 700 % 8}{digits}"


@dataclass
class Crowd:
    """The remote's side of a story, and the people who answer."""

    simulator: Simulator
    rows: list[Row]
    chance: Random
    wabas: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)

    async def settle(self, lw: Linewright, accounts: int) -> None:
        """Makes the accounts and the numbers, but for those that the import makes, and adds the accounts."""
        control = self.simulator.control
        self.wabas = [control.add_account(f"Account {place}").id for place in range(accounts)]
        for row in self.rows:
            if row.kind not in ("made", "bad"):
                more = {"verified": False} if row.kind == "verify" else {}
                control.add_number(self.wabas[row.account], row.phone, **more)
        for place, waba in enumerate(self.wabas):
            await lw.add_account(f"a{place}", waba, Secret(control.add_token([waba]).text))

    def file(self) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["phone", "account", "PIN", "goal", "verified_name"])
        for row in self.rows:
            name = f"Shop {row.phone[-4:]}" if row.kind == "made" else ""
            writer.writerow([row.phone, f"a{row.account}", row.pin, row.goal, name])
        return out.getvalue().encode("utf-8-sig")

    # People

    async def answer(self, lw: Linewright) -> int:
        """Answers every open question as its person would; how many were taken."""
        taken = 0
        for task in await lw.tasks():
            try:
                await lw.answer(task["id"], **self._word(task))
            except (UsageError, LookupError):
                continue  # answered meanwhile, or the code has not come: the next look tells
            self.answered[task["kind"]] += 1
            taken += 1
        return taken

    def _word(self, task: dict[str, Any]) -> dict[str, Any]:
        if task["kind"] == "otp" and "value" not in task["answers"]:
            return {"resend": "sms"}
        if task["kind"] == "otp":
            return {"value": Secret(self.simulator.control.latest_code(task["number"]["e164"]))}
        if task["kind"] == "pin" and "value" in task["answers"]:
            return {"value": Secret(RIGHT)}
        return {"approve": True} if task["kind"] == "approve" else {"done": True}

    # Ends

    def wrong(self, result: str) -> list[str]:
        """What is not as it must be, by the control door and by the result file, a line for each."""
        told = list(csv.DictReader(io.StringIO(result)))
        found = [f"{len(told)} rows in the result, {len(self.rows)} in the file"] if len(told) != len(self.rows) else []
        held: dict[str, list[str]] = defaultdict(list)
        for number in self.simulator.remote.numbers.values():
            held[number.phone.e164].append(number.id)
        for row, line in zip(self.rows, told, strict=False):
            found += [f"{row.phone} ({row.kind}): {why}; {line}" for why in self._wrong(row, line, held[row.phone])]
        secrets = {RIGHT, WRONG} & set(result.replace(",", " ").split())
        return found + [f"the result holds the PIN {each}" for each in sorted(secrets)]

    def _wrong(self, row: Row, line: dict[str, str], ids: list[str]) -> Iterator[str]:
        if line["phone"] != row.phone:
            yield "another phone stands there"
        if row.kind == "bad":
            if (line["state"], line["reason"], ids) != ("bad", "pin-form", []):
                yield "a bad row was taken"
            return
        if len(ids) != 1 or line["number"] != ids[0]:
            yield f"its phone has the ids {ids}"
            return
        truth = self.simulator.control.number(ids[0])
        if line["state"] != "done":
            yield "not done"
        if truth["online"] is not (row.goal == "register"):
            yield "online is wrong by the control door"
        if row.goal == "register" and line["standing"] != "online":
            yield "the result does not say that it is online"
        if row.kind in ("verify", "made") and not truth["verified"]:
            yield "not verified"
        if row.kind == "none" and truth["first_write_at"] is not None:
            yield "it was written to, and nothing was asked"


def paces(simulator: Simulator, calls: Iterable[LoggedCall]) -> dict[str, float]:
    """The largest share of its limit that each account used in any hour, by the simulator's log."""
    shares: dict[str, float] = defaultdict(float)
    hours: dict[str, deque[Any]] = defaultdict(deque)
    grown: set[str] = set()
    for call in calls:
        number = simulator.remote.numbers.get(call.target or "")
        account = number.account if number is not None else call.target
        if account is None or account not in simulator.remote.accounts or call.kind in UNCOUNTED or not call.happened:
            continue
        hour = hours[account]
        while hour and call.started_at - hour[0] >= HOUR:
            hour.popleft()
        hour.append(call.started_at)
        limit = GROWN if account in grown else YOUNG
        shares[account] = max(shares[account], len(hour) / limit)
        if call.kind == "register" and call.code is None and call.happened:
            grown.add(account)
    return dict(shares)
