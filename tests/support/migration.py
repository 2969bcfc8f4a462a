"""A migration on the stage: two accounts, the number between them, and what must be true of both at every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.stage_checks import WRITES
from tests.support.stories import Stage, Story

from linewright.engine.crash import CrashPoint
from linewright.simulator.calls import LoggedCall

__all__ = ["PHONE", "Died", "Move"]

PHONE = "+5511900000077"
Shape = dict[str, Any]


class Move:
    """A number of the account `shop` (or, `elsewhere`, of a provider that no token of ours reaches) and the account
    `new` that it is to move to. `source` are truths of the number, `origin` and `goal` those of the two accounts."""

    def __init__(
        self,
        stage: Stage,
        *,
        elsewhere: bool = False,
        source: Shape | None = None,
        origin: Shape | None = None,
        goal: Shape | None = None,
    ) -> None:
        self.stage, self.door, self.elsewhere = stage, stage.door, elsewhere
        truth = {"registered": True} | (source or {})
        if elsewhere:
            self.home = self.door.add_account("Provider", **(origin or {})).id
            self.source = self.door.add_number(self.home, PHONE, **truth).id
        else:
            self.home = stage.world.account.id
            self.door.change_account(self.home, **(origin or {}))
            self.source = stage.number(e164=PHONE, **truth)
        self.waba = self.door.add_account("New", **(goal or {})).id
        self.token = self.door.add_token([self.waba], app=stage.world.app.id).text
        stage.add_account("new", self.waba, self.token)
        self._seq = len(self.door.calls())

    def begin(self, **options: Any) -> Story:
        """Opens the migration and drives it to its first question."""
        return self.open(**options).drive()

    def open(self, **options: Any) -> Story:
        return self.stage.open("migrate", PHONE if self.elsewhere else self.source, to="new", **options)

    def approved(self, story: Story) -> Story:
        """The person says that all of it is so: first what nobody can see, then two-step verification."""
        for _ in range(2):
            if story.asked == "approve":
                story.answer(approve=True)
        return story

    def code(self, story: Story) -> Story:
        story.asks("otp")
        return story.answer(value=self.door.latest_code(PHONE))

    def dies(self, point: CrashPoint, nth: int) -> None:
        """The next turns end, once, at the `nth` passing of this point: whoever drives meets `Died`."""
        engine = self.stage.lw.office.local
        ports, passed = engine._ports, 0

        def reached(here: CrashPoint) -> None:
            nonlocal passed
            passed += here is point
            if here is point and passed == nth:
                engine._ports = ports
                raise Died(point)

        engine._ports = replace(ports, reached=reached)

    # What is asserted

    @property
    def new(self) -> str | None:
        """The id that the destination has of the phone, by the door."""
        state = self.door.state()["numbers"]
        found = [each["id"] for each in state if each["account"] == self.waba and each["e164"] == PHONE]
        assert len(found) <= 1, "created twice"
        return found[0] if found else None

    @property
    def calls(self) -> list[LoggedCall]:
        return self.door.calls(self._seq)

    @property
    def writes(self) -> list[str]:
        """Like `["create ok", "request_code ok"]`: all writes since the accounts were there, of whatever number."""
        return [f"{call.kind} {_answer(call)}" for call in self.calls if call.kind in WRITES]

    def source_untouched(self) -> Move:
        """Nothing was ever written to the source's id."""
        touched = [call.kind for call in self.calls if call.target == self.source and call.kind in WRITES]
        assert touched == []
        return self

    def source_works(self) -> Move:
        assert self.door.number(self.source)["online"], self.door.number(self.source)["why_not_online"]
        return self.source_untouched()

    def has_moved(self) -> Move:
        """By the door: the destination is online and the source let go; by Linewright: who wants what of them."""
        assert self.new is not None
        assert self.door.number(self.new)["online"]
        assert self.door.number(self.source)["state"] == "MIGRATED"
        shown = self.stage.show(f"new/{self.new}")
        assert (shown["standing"], shown["wanted"]) == ("online", "online")
        if not self.elsewhere:
            left = self.stage.show(f"shop/{self.source}")
            assert (left["standing"], left["wanted"]) == ("migrated", "released")
        return self.source_untouched()


def _answer(call: LoggedCall) -> str:
    if call.fault is not None and not call.fault.startswith("error"):
        return call.fault
    if call.code is None:
        return "ok"
    return str(call.subcode if call.code == 100 and call.subcode else call.code)


class Died(Exception):
    """The process ended here, as far as the ledger can tell."""
