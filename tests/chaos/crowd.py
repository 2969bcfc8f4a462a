"""The numbers of a run, their owners, and where each must end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from linewright.errors import LinewrightError, UsageError
from linewright.face import Linewright
from linewright.secret import Secret
from linewright.simulator.simulator import RunningSimulator

__all__ = ["MAGIC", "QUICK", "Crowd", "Person"]

RIGHT, WRONG = "246810", "111222"
GIVEN = {"133005": WRONG, "133008": RIGHT, "133009": RIGHT, "131045": RIGHT}
"""The PIN that a request names, by the number's last six digits; the other numbers have two-step off."""
MAGIC = (
    *("133000", "133004", "133005", "133006", "133008", "133009"),
    *("133010", "133015", "133016", "131045", "100001"),
)
QUICK = tuple(digits for digits in MAGIC if digits not in ("133008", "133016"))
"""Those that come online within an hour; the others take 7 and 72."""
ACCOUNTS = 10


@dataclass(frozen=True)
class Person:
    """One number and the operation that was asked for it."""

    number: str
    e164: str
    digits: str
    operation: str


@dataclass
class Crowd:
    """All numbers of a run. `asked` counts the questions that were answered, `again` the operations that had
    given up and were taken up anew."""

    lw: Linewright
    simulator: RunningSimulator
    chance: Random
    people: dict[str, Person] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    wrong_codes: int = 0

    async def gather(self, count: int, kinds: Sequence[str]) -> None:
        """Makes accounts and numbers, and asks for a registration of each."""
        control = self.simulator.control
        for place in range(ACCOUNTS):
            waba = control.add_account(f"Account {place}").id
            token = control.add_token([waba]).text
            for serial in range(place, count, ACCOUNTS):
                e164 = f"+1{200 + serial % 700}{2 + serial // 700}{kinds[serial % len(kinds)]}"
                control.add_number(waba, e164)
            await self.lw.add_account(f"a{place}", waba, Secret(token))
        for shown in await self.lw.numbers():
            digits = shown["e164"][-6:]
            pin = GIVEN.get(digits)
            operation = await self.lw.open(
                "register",
                shown["id"],
                pin=Secret(pin) if pin else None,
                because=131045 if digits == "131045" else None,
            )
            self.people[operation["id"]] = Person(shown["id"], shown["e164"], digits, operation["id"])

    async def answer(self) -> int:
        """Answers every open question as its person would, now and then wrongly first; how many remain."""
        tasks = [task for task in await self.lw.tasks() if task["operation"] in self.people]
        for task in tasks:
            try:
                await self.lw.answer(task["id"], **self._word(task))
            except (UsageError, LookupError):
                continue  # answered meanwhile, or a code that is too old: the next look tells
            self.asked[task["kind"]] = self.asked.get(task["kind"], 0) + 1
        return len(tasks)

    def _word(self, task: dict[str, Any]) -> dict[str, Any]:
        match task["kind"]:
            case "otp" if "value" not in task["answers"]:
                return {"resend": "sms"}
            case "otp":
                return {"value": Secret(self._code(task))}
            case "pin" if "value" in task["answers"]:
                return {"value": Secret(RIGHT)}
            case "approve":
                return {"approve": True}
            case _:
                return {"done": True}

    def _code(self, task: dict[str, Any]) -> str:
        person = self.people[task["operation"]]
        code = self.simulator.control.latest_code(person.e164)
        if self.chance.random() < 0.1:
            self.wrong_codes += 1
            return f"{(int(code) + 1) % 1_000_000:06d}"
        return code

    async def ends(self) -> dict[str, str]:
        """The operations that ended, and how."""
        shapes = await self.lw.operations()
        return {each["id"]: each["state"] for each in shapes if each["id"] in self.people and each["ended_at"]}

    def right(self, person: Person) -> bool:
        """Whether the number is where it should be, by the control door."""
        truth = self.simulator.control.number(person.number)
        return bool(truth["online"]) and not truth["certificate_fault"]

    async def shown(self, operation: str) -> dict[str, Any]:
        try:
            return await self.lw.operation(operation)
        except LinewrightError as trouble:
            return {"id": operation, "state": "?", "message": trouble.message}
