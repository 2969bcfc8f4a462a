"""Looking at it: what would be done, what needs attention, what a registration rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from linewright import asked
from linewright.bundle import write_bundle
from linewright.doctor import examine, examine_number
from linewright.domain.conditions import Condition, warning_of
from linewright.domain.foresight import foresee
from linewright.domain.journal import Outcome
from linewright.domain.number import Standing, Wanted, reading_of
from linewright.errors import RemoteUnavailable
from linewright.explain import explain
from linewright.face.base import Face, Shape
from linewright.foretold import plan_shape
from linewright.plans import case_of
from linewright.shapes import condition_shape, listing, when
from linewright.store.prune import prune
from linewright.store.timeline import timeline

__all__ = ["Outlook"]


class Outlook(Face):
    """What is looked at and told; nothing is changed at the remote."""

    async def plan(self, n: str, *, goal: str | None = None, depth: int | None = None, read: bool = False) -> Shape:
        """What would be done now and why, what each answer would lead to and what it would cost. Nothing is sent and
        nothing is kept; with `read` the number is read once first. The shape is that of `foretold.plan_shape`.

        It is the number's open operation that is told, else `goal` (register by default) as if asked for now. Raises
        `UsageError`: `operation-open` where another goal is open; with `read` what `doctor` raises.
        """
        number = self._store.numbers.find(n)
        wanted, deep = asked.planned(goal), asked.depth(depth)
        case_of(self.office, number, wanted)  # another goal is told before anything is read
        if read:
            await self.doctor(number.id)
        case = case_of(self.office, number, wanted)
        seen = self._store.numbers.latest(number.id) if read else None
        root = await asyncio.to_thread(foresee, case, depth=deep, first=seen)  # a long journal takes its time
        return plan_shape(root, case, depth=deep, read=seen)

    async def check(self, account: str | None = None) -> Shape:
        """Looks at every account and number once, and says which need attention and why: each item carries its
        `conditions`, and as `warning` the type of the most important one that is not as it should be."""
        prune(self._store.database, self.clock.now(), self.settings.keep_days)
        names = [account] if account else [line.account.name for line in self._store.accounts.all()]
        troubled = [name for name in names if not await self._accounts.check(name)]
        items = [shape for shape in self._numbers() if shape["account"] in names]
        found = self._store.conditions.look_at(
            [shape["id"] for shape in items], self.clock.now(), self.office.catalogue
        )
        items = [shape | _judged(shape, found[shape["id"]]) for shape in items]
        due = [
            self._views.release(self._store.numbers.get(each.number))
            for each in self._store.releases.due(self.clock.now())
        ]
        due = [each for each in due if each["account"] in names and each["state"] == "released"]
        wanting = [item for item in items if item["warning"] or (item["operation"] and item["wanted"] != "released")]
        accounts = [self._account(name) for name in names]
        return listing(items) | {
            "accounts": accounts,
            "releases": due,
            "attention": len(wanting) + len(troubled) + len(due),
            "checked_at": when(self.clock.now()),
        }

    async def doctor(self, n: str | None = None) -> Shape:
        """Looks at everything a registration rests on; with `n`, at one number."""
        if n is None:
            return listing(await examine(self.office))
        number = self._store.numbers.find(n)
        asked_at = self.clock.now()  # what comes in late says how it was when it was asked
        answer = await self.office.clients.of(number.account).read_number(number.id)
        if answer.outcome in (Outcome.UNREACHABLE, Outcome.IN_DOUBT, Outcome.NOT_SENT):
            raise RemoteUnavailable(
                f"The remote did not answer: {answer.failure}.",
                fix="Check the network and LINEWRIGHT_GRAPH_URL, then run this again.",
            )
        self._store.numbers.save_reading(number.id, reading_of(answer, number.id, asked_at))
        case = self._store.numbers.case(number.id, self.clock.now(), self.office.catalogue)
        return listing(examine_number(case, answer))

    async def bundle(self, n: str, path: str | Path) -> Shape:
        """Writes the number's support bundle, a redacted zip."""
        number = self._store.numbers.find(n)
        operations, _ = self._store.operations.listing(number=number.id, limit=50)
        stories = [(self._views.operation(each.id), timeline(self._store.database, each.id)) for each in operations]
        target = Path(path)
        files = write_bundle(target, self._views.number(number.id), stories, now=self.clock.now())
        return {"file": str(target), "files": files, "operations": len(stories)}

    def explain(self, error: Any) -> Shape:
        """What any Graph error means; see `linewright.explain`."""
        return explain(error)


def _judged(shape: Shape, conditions: Iterable[Condition]) -> Shape:
    """What `check` adds to a number."""
    kept = tuple(conditions)
    warning = warning_of(kept, Standing(shape["standing"]), Wanted(shape["wanted"]))
    shown = [condition_shape(condition) for condition in kept]
    return {"conditions": shown, "warning": warning.type.value if warning else None}
