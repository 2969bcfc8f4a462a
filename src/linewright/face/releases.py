"""Releases: a number that is given up on purpose."""

from __future__ import annotations

from linewright import asked
from linewright.domain.operation import Goal
from linewright.face.base import Face, Shape
from linewright.store.operations import FirstKey
from linewright.views import not_released

__all__ = ["Releases"]


class Releases(Face):
    """What is asked where a number is given up."""

    async def release(
        self, n: str, *, confirm: str | None = None, last_paid: str | None = None, who: str = "terminal"
    ) -> Shape:
        """Gives a number up on purpose: turns the first key and opens its deregister, or joins the open one. Nothing is
        sent before the second key, the `approve` question, is turned by somebody else than `who`.

        `confirm` are the number's last four digits, `last_paid` the day of its last paid message, if known. Raises
        `UsageError`: `confirm`, `last-paid`, `released` for one that is given up already, `operation-open`.
        """
        number = self._store.numbers.find(n)
        asked.confirmed(number, confirm)
        day = asked.day(last_paid, self.clock.now().date())
        self._views.refuse_released(number)
        self._store.accounts.open_token(number.account)
        operation, _ = self._store.operations.open(
            Goal.DEREGISTER, number, now=self.clock.now(), release=FirstKey(who, day)
        )
        return self._views.operation(operation.id)

    async def release_status(self, n: str, *, last_paid: str | None = None) -> Shape:
        """How far the number's release is, what remains to be done by hand and when, and what another provider needs.
        With `last_paid` that day is noted first, which moves the reminder.

        Raises `UsageError`: `not-released`, `last-paid`.
        """
        number = self._store.numbers.find(n)
        day = asked.day(last_paid, self.clock.now().date())
        if day is not None and self._store.releases.last_paid(number.id, day) is None:
            raise not_released(number)
        return self._views.release(number)
