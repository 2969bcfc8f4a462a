"""Operations: opened, driven, followed and stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from linewright import asked
from linewright.clock import monotonic
from linewright.domain.number import Number, Standing
from linewright.domain.operation import OPEN_STATES, Goal, Operation, OperationState
from linewright.face.base import Face, Shape, whole
from linewright.graph.phones import parts_of
from linewright.secret import Secret
from linewright.store.operations import Options

__all__ = ["Operations"]


class Operations(Face):
    """What is asked of operations: each goal by its name, and what becomes of it."""

    async def open(self, goal: str, n: str, **options: Any) -> Shape:
        """Opens an operation, or joins the number's open one of the same goal (see `open_or_join`)."""
        opened, _ = await self.open_or_join(goal, n, **options)
        return opened

    async def open_or_join(
        self,
        goal: str,
        n: str,
        *,
        pin: Secret | None = None,
        code_method: str | None = None,
        code_language: str | None = None,
        because: int | None = None,
        use_reserve: bool = False,
        subscribe: bool = True,
        confirm: str | None = None,
        by_link: bool = False,
        to: str | None = None,
    ) -> tuple[Shape, bool]:
        """Opens an operation, or joins the number's open one of the same goal; whether it was opened. Nothing is
        sent yet.

        `pin` is six digits; `because` an error code heard elsewhere; `confirm` the number's last four
        digits, which a deregister needs; with `by_link` not even the first code is sent before whoever
        has the phone says so (see `link`). `to` is the account that a migration moves the number to; there `n` may
        also be the phone of another provider's number, in E.164.
        """
        wanted = asked.goal_of(goal)
        target = asked.destination(wanted, to)
        number = self._store.numbers.find(n) if target is None else self._movable(n, target)
        if wanted is Goal.DEREGISTER:
            asked.confirmed(number, confirm)
        options = Options(
            code_method=asked.method(code_method),
            code_language=code_language,
            use_reserve=use_reserve or None,
            subscribe=None if subscribe else False,
            ask_first=by_link or None,
        )
        account = target or number.account
        self._store.accounts.open_token(account)  # a key that does not fit is told before anything is opened
        operation, is_new = self._store.operations.open(
            wanted, number, now=self.clock.now(), options=options, pin=pin, because=because, to=target
        )
        return self._views.operation(operation.id), is_new

    def _movable(self, n: str, to: str) -> Number:
        """The number that moves to the account `to`: its source, where that is one of ours; else the id that `to`
        has of it already; else what stands for another provider's. Raises `UsageError`: `unknown-number` for what is
        no phone, `several-numbers`."""
        account, now = self._store.accounts.get(to).name, self.clock.now()
        found = self._store.numbers.candidates(n)
        gone = (Standing.MIGRATED, Standing.DELETED)
        sources = [number for number, _ in found if number.account != account]
        living = [number for number, standing in found if number.account != account and standing not in gone]
        here = [number for number, standing in found if number.account == account and standing not in gone]
        if here and not living:
            self._store.numbers.elsewhere(here[0].e164, account, now=now)
            return here[0]
        sources = living or sources
        if len(sources) > 1:
            return self._store.numbers.find(n)  # names them
        if sources:
            return sources[0]
        parts = parts_of(n.strip())
        if parts is None:
            return self._store.numbers.find(n)  # says that it is not known
        return self._store.numbers.elsewhere(parts[2], account, now=now)

    async def register(self, n: str, **options: Any) -> Shape:
        """Brings a number online: opens (see `open_or_join` for the options) and drives to its end or a question."""
        return await self._do(Goal.REGISTER, n, options)

    async def verify(self, n: str, **options: Any) -> Shape:
        """Verifies the number's phone by a code."""
        return await self._do(Goal.VERIFY, n, options)

    async def set_pin(self, n: str, **options: Any) -> Shape:
        """Sets the two-step verification PIN through the API: the one given, else one made here."""
        return await self._do(Goal.SET_PIN, n, options)

    async def deregister(self, n: str, **options: Any) -> Shape:
        """Takes a number off the Cloud API; needs `confirm`, its last four digits."""
        return await self._do(Goal.DEREGISTER, n, options)

    async def migrate(self, n: str, to: str, **options: Any) -> Shape:
        """Moves a number to another account of ours: `n` may be of any account, or another provider's phone."""
        return await self._do(Goal.MIGRATE, n, {"to": to, **options})

    async def _do(self, goal: Goal, n: str, options: dict[str, Any]) -> Shape:
        opened = await self.open(goal.value, n, **options)
        return await self.drive(opened["id"])

    async def drive(
        self,
        operation: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """Runs turns, or follows a worker's, until the operation ends, a question blocks it, or the time is over.

        With `follow` a question does not stop it: somebody else may answer. `timeout_seconds` is real
        time; `on_change` hears of every change, the first state included.
        """
        self._store.operations.get(operation)
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        told: list[Shape] = []

        def changed(current: Operation) -> None:
            if on_change is None:
                return
            shape = self._views.operation(current.id)
            if not told or told[-1] != shape:
                told[:] = [shape]
                on_change(shape)

        await self._driver.drive(
            operation,
            stop=lambda current: current.state is OperationState.ASKING and not follow,
            late=lambda: ends is not None and monotonic() >= ends,
            on_change=changed,
        )
        return self._views.operation(operation)

    async def push(self, operation: str) -> Shape:
        """Makes every call that is due now, unless a worker does, and returns where the operation is."""
        return await self._push(operation)

    async def settle(self, operation: str) -> Shape:
        """`push`, but a worker's turn is waited for too, for ten seconds of real time at most."""
        await self._driver.settle(operation)
        return self._views.operation(operation)

    async def run_all(self, **hooks: Any) -> None:
        """Runs every open operation of the home until nothing waits for a time any more (rehearsals)."""
        await self.office.local.run_all(**hooks)

    async def follow(self, operation: str) -> AsyncIterator[Shape]:
        """Yields the operation at each change until it has ended, driving it meanwhile."""
        last: Shape | None = None
        while True:
            await self._driver.push(operation)
            current = self._views.operation(operation)
            if current != last:
                last = current
                yield current
            state = self._store.operations.get(operation)
            if state.state not in OPEN_STATES:
                return
            await self._driver.rest(state)

    async def operations(self, state: str | None = None) -> list[Shape]:
        """The operations, the newest first; `state` picks those."""
        wanted = asked.states(state)
        found = whole(lambda after: self._store.operations.listing(states=wanted, after=after, limit=200))
        return [self._views.operation(operation.id) for operation in found]

    async def operation(self, operation: str) -> Shape:
        return self._views.operation(operation)

    async def cancel(self, operation: str) -> Shape:
        """Asks an operation to stop after the call in flight; the result says what stays, or asks first."""
        self._store.operations.cancel(operation, now=self.clock.now())
        return await self.settle(operation)

    async def retry(self, operation: str) -> Shape:
        """Looks again now, or takes an ended operation up anew."""
        opened, _ = self._store.operations.retry(operation, now=self.clock.now())
        return await self.push(opened.id)
