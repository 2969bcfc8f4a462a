"""The Python face: everything a person or a program can ask of Linewright, as one object."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from linewright import asked
from linewright.accounts import AccountDesk
from linewright.adopt import AdoptionDesk, Wish
from linewright.bundle import write_bundle
from linewright.clock import SystemClock, monotonic
from linewright.config import Settings, load
from linewright.custody import CustodyDesk
from linewright.doctor import examine, examine_number
from linewright.domain.conditions import Condition, warning_of
from linewright.domain.foresight import foresee
from linewright.domain.journal import Outcome
from linewright.domain.number import Number, Standing, Wanted, reading_of
from linewright.domain.operation import OPEN_STATES, Goal, Operation, OperationState
from linewright.driver import Driver
from linewright.engine.ports import Clock
from linewright.errors import RemoteUnavailable, UsageError
from linewright.explain import explain
from linewright.foretold import plan_shape
from linewright.graph.phones import parts_of
from linewright.import_driver import ImportDriver
from linewright.import_shapes import import_shape, row_shape
from linewright.imports import ImportDesk
from linewright.plans import case_of
from linewright.secret import Secret
from linewright.shapes import condition_shape, listing, when
from linewright.store.digest import address_of
from linewright.store.operations import FirstKey, Options
from linewright.store.prune import prune
from linewright.store.sealing import reseal
from linewright.store.timeline import timeline
from linewright.store.users import INVITED_FOR, Role
from linewright.vault import rotate_file
from linewright.views import Views, not_released
from linewright.wiring import assemble

if TYPE_CHECKING:
    import httpx

    from linewright.witness import Watch

__all__ = ["Linewright"]

Shape = dict[str, Any]


class Linewright:
    """Linewright on one home. Use it as an async context manager.

    Results are the JSON shapes of the interfaces, as dictionaries. Raises `UsageError` for what cannot be
    asked so, `StoreUnavailable` and `KeyMismatch` for the home, and `RemoteUnavailable` from `add_account`,
    `sync` and `add_number`, which cannot wait. What the remote refuses is never raised: an operation's
    state and reason tell it. `clock`, `transport` and `watch` stand in for the home's own in rehearsals.
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings or load(home)
        self.office = assemble(self.settings, clock=clock, transport=transport, watch=watch)
        self.clock = self.office.clock
        self._store = self.office.store
        self._views = Views(self.office)
        self._accounts = AccountDesk(self.office)
        self._adoptions = AdoptionDesk(self.office)
        self._custody = CustodyDesk(self._store, self.clock)
        self._driver = Driver(self.office)
        self._imports = ImportDesk(self.office)
        self._import_driver = ImportDriver(self.office, self._driver)

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def worked(self) -> bool:
        """Whether a ready worker is alive: then it makes the calls, and this object only asks and looks."""
        return self._driver.worked

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes connections; everything that was asked for stays."""
        await self.office.close()

    # Accounts

    async def add_account(
        self,
        name: str,
        waba: str,
        token: Secret,
        *,
        app_secret: Secret | None = None,
        pin_reset: str = "ask",
        subscribe: bool = True,
    ) -> Shape:
        """Adds an account once its id and token were seen to work together, and fetches its numbers."""
        await self._accounts.add(name, waba, token, app_secret=app_secret, pin_reset=pin_reset, subscribe=subscribe)
        return self._account(name)

    async def accounts(self) -> list[Shape]:
        return [self._views.account(line) for line in self._store.accounts.all()]

    async def check_account(self, name: str) -> Shape:
        """Reads the account once; a dead token holds it, a living one releases it."""
        await self._accounts.look(name)
        return self._account(name)

    async def update_account(
        self,
        names: Sequence[str],
        *,
        token: Secret | None = None,
        app_secret: Secret | None = None,
        pin_reset: str | None = None,
        paused: bool | None = None,
        recover: bool | None = None,
        who: str | None = "terminal",
    ) -> list[Shape]:
        """Changes what is given, of all these accounts or of none; a new token releases what waited for it.

        With `recover` its numbers are brought back by themselves; `who` changed that, where nobody else notes it.
        """
        now = self.clock.now()
        self._store.accounts.update(
            names, now=now, token=token, app_secret=app_secret, pin_reset=pin_reset, paused=paused, recover=recover
        )
        for name in names:
            if recover is not None and who is not None:
                self._store.audit.append(now, who, "account update", name, {"recover": recover})
            await self.office.clients.forget(name)
        self._store.checks.soon(names, now, new_token=token is not None)
        return [self._account(name) for name in names]

    async def remove_account(self, name: str) -> Shape:
        """Forgets an account's secrets; its numbers, attempts and sealed PINs stay."""
        shown = self._account(name)
        self._store.accounts.remove(name, now=self.clock.now())
        await self.office.clients.forget(name)
        return shown

    async def webhook(self, account: str, *, who: str = "terminal", point: bool = False) -> tuple[Shape, Secret]:
        """Where Meta should send the account's webhooks, and the token that it repeats in the handshake; leaves an
        audit event. With `point` Meta is told so: it subscribes the app and sets the account's own address.

        Raises `UsageError`: `public-url` where nobody knows how the service is reached.
        """
        name = self._store.accounts.get(account).name
        url, token = f"{self._public_url()}/webhooks/whatsapp/{name}", self._store.webhooks.verify_token(name)
        self._store.audit.append(self.clock.now(), who, "account webhook", name, None)
        if point:
            await self._accounts.point_webhooks(name, url, token)
        has_secret = self._store.accounts.line(name).has_app_secret
        heard = self._store.webhooks.hears(name)
        return {"account": name, "url": url, "app_secret": has_secret, "heard": heard, "set": point}, token

    async def adopt(
        self,
        waba: str | None = None,
        *,
        number: str | None = None,
        code: Secret | None = None,
        token: Secret | None = None,
        app: str | None = None,
        event: str | Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Shape:
        """Adopts an account after Embedded Signup: `{"account","number","operation","last_day","message","next_step"}`.

        `code` is exchanged at once with the secret that is kept of `app` (it lives 30 s), or a `token` is in hand;
        with neither, what is kept of this WABA is used. `number` names what is registered; `event` is the session
        event, whole or its name, which may bring WABA and number; `name` is that of a new account. Asked again with
        the same, it goes on where it stopped and opens nothing twice. Makes every call that is due, unless a worker
        does. Raises what `add_account` raises.
        """
        shape, _ = await self.adopt_anew(waba, number=number, code=code, token=token, app=app, event=event, name=name)
        return shape

    async def adopt_anew(self, waba: str | None = None, *, who: str = "terminal", **given: Any) -> tuple[Shape, bool]:
        """`adopt`, and whether an account or an operation was opened by it."""
        adopted = await self._adoptions.adopt(Wish(waba=waba, who=who, **given))
        operation = await self.push(adopted.operation) if adopted.operation else None
        over = operation is not None and operation["ended_at"] is not None
        shape = {
            "account": self._account(adopted.account),
            "number": self._views.number(adopted.number) if adopted.number else None,
            "operation": operation,
            "last_day": when(adopted.last_day),
            "message": f"{adopted.message} {operation['message']}" if operation and over else adopted.message,
            "next_step": (operation and operation["next_step"]) or adopted.next_step,
        }
        return shape, adopted.fresh

    async def add_app(self, id: str, secret: Secret) -> Shape:
        """Keeps the secret of an app that Embedded Signup is started with: `{"id","added_at"}`."""
        now = self.clock.now()
        app = self._store.apps.add(id, secret, now=now)
        self._store.audit.append(now, "terminal", "app add", id)
        return {"id": app.id, "added_at": when(app.added_at)}

    async def apps(self) -> list[Shape]:
        """The apps whose secret is kept."""
        return [{"id": app.id, "added_at": when(app.added_at)} for app in self._store.apps.all()]

    async def remove_app(self, id: str) -> None:
        """Forgets an app's secret; the accounts that have it keep it. Raises `UsageError` (`unknown-app`)."""
        self._store.apps.remove(id)
        self._store.audit.append(self.clock.now(), "terminal", "app remove", id)

    def _account(self, name: str) -> Shape:
        return self._views.account(self._store.accounts.line(name))

    # Numbers

    async def sync(self, account: str | None = None) -> list[Shape]:
        """Fetches the numbers of one account, or of all."""
        names = [account] if account else [line.account.name for line in self._store.accounts.all()]
        found = [number for name in names for number in await self._accounts.sync(name)]
        return [self._views.number(number.id) for number in found]

    async def numbers(self, standing: str | None = None) -> list[Shape]:
        """All numbers, by id; `standing` picks those."""
        wanted = asked.standing(standing)
        found: list[Shape] = []
        after: str | None = None
        while True:
            page, after = self._views.numbers(standing=wanted, after=after, limit=500)
            found += page
            if after is None:
                return found

    async def number(self, n: str) -> Shape:
        """One number, by id, E.164 or display form, or `ACCOUNT/N`."""
        return self._views.number(self._store.numbers.find(n).id)

    async def add_number(self, e164: str, account: str, verified_name: str, *, who: str = "terminal") -> Shape:
        """Creates a number in an account; it is unverified then."""
        number = await self._accounts.create_number(e164, account, verified_name, who=who)
        return self._views.number(number.id)

    async def want(self, n: str, wanted: str, *, who: str = "terminal") -> Shape:
        """Says whether a number is to be online (`online`) or left alone (`unmanaged`). Left alone, what Linewright
        opened for it by itself is cancelled. Raises `UsageError` for anything else."""
        number = self._store.numbers.find(n)
        choice = asked.wanted(wanted)
        now = self.clock.now()
        self._store.numbers.set_wanted(number.id, choice)
        self._store.audit.append(now, who, "want", number.e164, {"number": number.id, "wanted": choice.value})
        if choice is not Wanted.ONLINE:
            self._store.recoveries.call_off(number.id, now)
        self._store.conditions.look(number.id, now, self.office.catalogue)
        return self._views.number(number.id)

    async def forget_number(self, n: str) -> Shape:
        """Lists a number no more; its attempts and PINs stay."""
        number = self._store.numbers.find(n)
        shown = self._views.number(number.id)
        self._store.numbers.forget(number.id, now=self.clock.now())
        return shown

    # Operations

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
        self._store.operations.get(operation)
        await self._driver.push(operation)
        return self._views.operation(operation)

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
        found, after = [], None
        while True:
            page, after = self._store.operations.listing(states=asked.states(state), after=after, limit=200)
            found += [self._views.operation(operation.id) for operation in page]
            if after is None:
                return found

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

    # Questions

    async def tasks(self, state: str = "open") -> list[Shape]:
        """The questions, the oldest first."""
        found, after = [], None
        while True:
            page, after = self._store.tasks.listing(state=state, after=after, limit=200)
            found += [self._views.task(task) for task in page]
            if after is None:
                return found

    async def task(self, task: str) -> Shape:
        return self._views.task(self._store.tasks.get(task))

    async def answer(
        self,
        task: str,
        *,
        value: Secret | None = None,
        approve: bool = False,
        done: bool = False,
        decline: bool = False,
        resend: str | None = None,
        pin_changed: bool = False,
        who: str = "terminal",
    ) -> Shape:
        """Takes one answer of the person `who`; the operation goes on with the next `push`, `drive` or `follow`.

        Raises `UsageError` for an answer that is turned away; the question stays open. Returns the
        operation; for an account's question, the question itself.
        """
        answer = asked.one_answer(value=value, approve=approve, done=done, decline=decline, resend=resend)
        question = self._store.tasks.get(task)
        self._store.tasks.answer(
            task, answer, now=self.clock.now(), value=value, pin_changed=pin_changed, method=resend, who=who
        )
        return self._views.operation(question.operation) if question.operation else await self.task(task)

    async def link(
        self, task: str, *, who: str = "terminal", public_url: str = "", now: datetime | None = None
    ) -> Shape:
        """Makes an address that opens this question for one person without a login: `{"url","expires_at"}`.

        The address is a secret of its own: whoever has it may answer, for seven days or until the operation
        ends. A link made before for the same operation opens nothing any more. `now` is real time;
        `public_url` is how people reach the service, the settings' or the last one's by default. Raises
        `UsageError`: `no-link` for a question that is not for customers, `public-url` where nobody knows it.
        """
        public_url = public_url or self._public_url()
        bearer, link = self._store.links.make(task, by=who, now=now or SystemClock().now())
        self._store.audit.append(self.clock.now(), who, "task link", task, {"link": link.id})
        return {"url": address_of(public_url, "l", bearer), "expires_at": when(link.ends_at)}

    def _public_url(self) -> str:
        found = self.office.public_url
        if not found:
            raise UsageError(
                "It is not known how this Linewright is reached.",
                fix="Start `linewright serve`, or set LINEWRIGHT_PUBLIC_URL to its address; then run this again.",
                reason="public-url",
            )
        return found

    # Imports

    async def check_import(self, content: bytes) -> Shape:
        """Looks at a file of numbers whole: how many rows are good, what is wrong with the others, and the room in
        the accounts that it adds to. Nothing is taken and nothing is kept of it."""
        return await self._imports.check(content)

    async def take_import(
        self,
        content: bytes,
        *,
        name: str = "numbers.csv",
        skip_bad: bool = False,
        by_link: bool = False,
        again: bool = False,
        who: str = "terminal",
    ) -> Shape:
        """Takes a file of numbers: `{"import","report"}` (see `check_import`). Where a row is bad nothing is taken
        and `import` is None, unless `skip_bad`; the same file is taken once, unless `again`."""
        taken, _ = await self._imports.take(
            content, name=name, who=who, skip_bad=skip_bad, by_link=by_link, again=again
        )
        return taken

    async def drive_import(
        self,
        id: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """Carries an import on, or follows a worker, until its rows have ended or only people can bring it on; with
        `follow` they are waited for."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        driven = await self._import_driver.drive(
            id,
            follow=follow,
            late=lambda: ends is not None and monotonic() >= ends,
            on_change=lambda current: on_change(import_shape(current)) if on_change else None,
        )
        return import_shape(driven)

    async def push_import(self, id: str) -> Shape:
        """Makes what is due now, unless a worker does, and returns where the import is."""
        return import_shape(await self._import_driver.push(id))

    async def cancel_import(self, id: str, *, who: str = "terminal") -> Shape:
        """Lets go of the rows that have not begun and asks the import's open operations to stop; where no worker runs,
        makes what is due of that. What was reached stays."""
        self._store.imports.cancel(id, who=who, now=self.clock.now())
        return await self.push_import(id)

    async def imports(self) -> list[Shape]:
        """The imports, the newest first."""
        found: list[Shape] = []
        after: str | None = None
        while True:
            page, after = self._store.imports.listing(after=after)
            found += map(import_shape, page)
            if after is None:
                return found

    async def one_import(self, id: str) -> Shape:
        return import_shape(self._store.imports.get(id))

    async def import_rows(self, id: str, state: str | None = None) -> list[Shape]:
        """The rows of an import by line; `state` picks those that stand so."""
        wanted, found = asked.row_state(state), list[Shape]()
        after: int | None = 0
        self._store.imports.get(id)
        while after is not None:
            page, after = self._store.imports.rows(id, state=wanted, after=after, limit=500)
            found += map(row_shape, page)
        return found

    async def import_result(self, id: str) -> str:
        """The result file: CSV, a row for each number, never a PIN."""
        return "".join(self._imports.result(id))

    # People of the page, from the machine that holds the home

    async def people(self) -> list[Shape]:
        """Who may log in to the page: `{"name","role","made_at"}` each."""
        users = [user for user in self._store.users.all() if user.closed_at is None]
        return [{"name": user.name, "role": user.role.value, "made_at": when(user.made_at)} for user in users]

    async def invite(self, name: str | None = None, *, now: datetime | None = None) -> Shape:
        """A one-time address, good for two days: it gives the user of this name a new password, or, without a
        name, makes a new admin. Raises `UsageError`: `unknown-user`, `public-url`."""
        public_url, now = self._public_url(), now or SystemClock().now()
        users = self._store.users
        if name is None:
            bearer = users.invite(Role.ADMIN, "terminal", now)
        else:
            plain = " ".join(name.split()).casefold()
            known = next((user for user in users.all() if user.name == plain and user.closed_at is None), None)
            if known is None:
                raise UsageError(
                    f"Nobody named {name[:80]!r} can log in here.",
                    fix="`linewright user list` shows who can.",
                    reason="unknown-user",
                )
            bearer = users.invite_again(known.id, "terminal", now)
        self._store.audit.append(self.clock.now(), "terminal", "user invite", name or Role.ADMIN.value)
        return {"url": address_of(public_url, "welcome", bearer), "expires_at": when(now + INVITED_FOR)}

    # The rest

    async def pin_status(self, n: str) -> Shape:
        """What is known of the number's PIN, without the PIN: its state, when and by what it was last accepted, and
        what speaks against it since."""
        return self._views.pin_status(self._store.numbers.find(n))

    async def pin_history(self, n: str) -> list[Shape]:
        """What became of the number's PINs, the oldest first: made, given, set, accepted, refused, shown, …"""
        return self._views.pin_history(self._store.numbers.find(n))

    async def export_pins(
        self,
        path: str | Path,
        passphrase: Secret,
        *,
        numbers: Sequence[str] = (),
        account: str | None = None,
        who: str = "terminal",
    ) -> Shape:
        """Writes the PINs of these numbers, of an account's, or of all, sealed by a passphrase, to a new file that its
        owner alone can read: `{"file","items","without"}`. Leaves an audit event for each.

        Raises `UsageError`: `passphrase` for a weak one, `file-exists`, `no-pin` where none is kept.
        """
        return self._custody.export(Path(path), passphrase, numbers=numbers, account=account, who=who)

    async def is_sealed(self, path: str | Path) -> bool:
        """Whether a list of PINs is sealed, so that `import_pins` needs its passphrase."""
        return self._custody.is_sealed(Path(path))

    async def import_pins(self, path: str | Path, *, passphrase: Secret | None = None, who: str = "terminal") -> Shape:
        """Takes in an export of Linewright, or another tool's list (CSV with phone and pin, or JSON lines), whole or
        not at all: `{"file","in_clear","items"}`. Each PIN comes in as given and unproven, with an audit event.

        Raises `UsageError`: `passphrase` for a wrong or missing one, `pin-list` for what is no list, `pin-rows` naming
        each row that cannot be taken.
        """
        return self._custody.take(Path(path), passphrase, who=who)

    async def show_pin(self, n: str, *, who: str = "terminal") -> Secret:
        """The kept PIN itself; leaves an audit event."""
        return self._store.pins.show(self._store.numbers.find(n), now=self.clock.now(), who=who)

    async def conditions(self, n: str) -> list[Shape]:
        """What is known of one number now: `{"type","status","reason","message","fix","since"}` each."""
        return self._views.conditions(self._store.numbers.find(n).id)

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
        items = [shape for shape in await self.numbers() if shape["account"] in names]
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

    async def backup(self, path: str | Path) -> Shape:
        """Copies the database to a new file while work goes on, without the key that opens what is sealed in it."""
        target, now = Path(path), self.clock.now()
        size = self._store.copies.write(target, now)
        self._store.audit.append(self.clock.now(), "terminal", "backup", "home", {"bytes": size})
        return {"file": str(target), "bytes": size, "copied_at": when(now)}

    async def restored(self) -> Shape:
        """Takes this home for one that was put back from a copy that `backup` did not make; its accounts rest."""
        now = self.clock.now()
        self._store.copies.mark(now)
        self._store.audit.append(now, "terminal", "restore", "home")
        return {"restored_at": when(now), "paused": [line.account.name for line in self._store.accounts.all()]}

    async def rotate_key(self) -> Shape:
        """Makes a new key and seals everything anew with it. For a key that lies in the home."""
        if self.settings.vault_key is not None:
            raise UsageError(
                "The key comes from LINEWRIGHT_KEY, which Linewright cannot change.",
                fix="Unset it and put the key into the home's file `key` (mode 0600), then rotate.",
                reason="key-setting",
            )
        count = rotate_file(self.home, lambda old, new: reseal(self._store.database, old, new))
        self._store.audit.append(self.clock.now(), "terminal", "key rotate", "vault", {"resealed": count})
        return {"resealed": count}

    def explain(self, error: Any) -> Shape:
        """What any Graph error means; see `linewright.explain`."""
        return explain(error)


def _judged(shape: Shape, conditions: Iterable[Condition]) -> Shape:
    """What `check` adds to a number."""
    kept = tuple(conditions)
    warning = warning_of(kept, Standing(shape["standing"]), Wanted(shape["wanted"]))
    shown = [condition_shape(condition) for condition in kept]
    return {"conditions": shown, "warning": warning.type.value if warning else None}
