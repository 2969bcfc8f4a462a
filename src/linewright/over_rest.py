"""The Python face over REST: the same methods, answers and errors, asked of a running service."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from linewright import asked
from linewright.clock import SystemClock, monotonic
from linewright.errors import StoreUnavailable, UsageError
from linewright.explain import explain
from linewright.rest_client import RestClient, segment
from linewright.secret import Secret

if TYPE_CHECKING:
    import httpx

__all__ = ["RemoteLinewright"]

Shape = dict[str, Any]
OPEN = ("running", "waiting", "asking")
LOOK_SECONDS = 0.5
"""Real: so often an operation is looked at while somebody else works on it."""
SETTLE_SECONDS = 10.0
SECOND = timedelta(seconds=1)


class _Clock:
    """Linewright's clock as the service told it, running on at its rate."""

    def __init__(self) -> None:
        self.set(SystemClock().now(), 1.0)

    def set(self, now: datetime, rate: float) -> None:
        self._told, self._rate, self._at = now, rate, monotonic()

    def now(self) -> datetime:
        return self._told + timedelta(seconds=(monotonic() - self._at) * self._rate)

    def seconds_until(self, moment: datetime) -> float:
        return max((moment - self.now()).total_seconds() / self._rate, 0.0)


class RemoteLinewright:
    """Has the methods of `Linewright` that make sense from afar; the others raise `UsageError` (`here-only`).

    Use it as an async context manager. Beside what `Linewright` raises: `RemoteUnavailable`
    (`service-unavailable`) when nothing answers, `UsageError` (`unauthorized`, `forbidden`) for its token.
    """

    def __init__(self, url: str, token: Secret | None, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        for name in ("httpx", "httpcore"):  # their lines hold whole addresses, and phones are in them
            logging.getLogger(name).setLevel(logging.WARNING)
        self._rest = RestClient(url, token, transport=transport)
        self.clock = _Clock()
        self.worked = False

    async def __aenter__(self) -> Self:
        try:
            await self._look_around()
        except BaseException:
            await self._rest.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes connections; everything that was asked for stays."""
        await self._rest.aclose()

    async def _look_around(self) -> None:
        """What the time is there, and whether somebody makes the calls."""
        told = await self._rest.get("/service")
        try:
            self.clock.set(datetime.fromisoformat(told["now"]), float(told["clock_rate"]))
            self.worked = bool(told["worked"])
        except (KeyError, TypeError, ValueError):
            raise self._rest.foreign() from None

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
        body = {"name": name, "waba": waba, "token": token, "app_secret": app_secret}
        return await self._shape("/accounts", body | {"pin_reset": pin_reset, "subscribe": subscribe})

    async def accounts(self) -> list[Shape]:
        return await self._rest.items("/accounts")

    async def check_account(self, name: str) -> Shape:
        return await self._shape(f"/accounts/{segment(name)}/check")

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
        body = {"names": list(names), "token": token, "app_secret": app_secret, "recover": recover}
        changed = await self._rest.patch("/accounts", body | {"pin_reset": pin_reset, "paused": paused})
        return list(changed["items"])

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
        """See `Linewright.adopt`; the service needs the secret of the app."""
        body = {"waba": waba, "number": number, "code": code, "token": token, "app": app}
        return await self._shape("/adopt", body | {"event": event, "name": name})

    async def add_app(self, id: str, secret: Secret) -> Shape:
        raise _here_only()

    async def apps(self) -> list[Shape]:
        raise _here_only()

    async def remove_app(self, id: str) -> None:
        raise _here_only()

    async def remove_account(self, name: str) -> Shape:
        gone: Shape = await self._rest.delete(f"/accounts/{segment(name)}")
        return gone

    # Numbers

    async def sync(self, account: str | None = None) -> list[Shape]:
        names = [account] if account else [each["name"] for each in await self.accounts()]
        found: list[Shape] = []
        for name in names:
            found += (await self._rest.post(f"/accounts/{segment(name)}/sync"))["items"]
        return found

    async def numbers(self, standing: str | None = None) -> list[Shape]:
        wanted = asked.standing(standing)
        return await self._rest.items("/numbers", standing=wanted.value if wanted else None)

    async def number(self, n: str) -> Shape:
        found: Shape = await self._of(n, "")
        return found

    async def conditions(self, n: str) -> list[Shape]:
        found = await self._of(n, "/conditions")
        return list(found["items"])

    async def add_number(self, e164: str, account: str, verified_name: str, *, who: str = "terminal") -> Shape:
        return await self._shape("/numbers", {"e164": e164, "account": account, "verified_name": verified_name})

    async def forget_number(self, n: str) -> Shape:
        path, account = _named(n)
        gone: Shape = await self._rest.delete(path, account=account)
        return gone

    # Operations

    async def open(self, goal: str, n: str, **options: Any) -> Shape:
        """See `Linewright.open_or_join`. Where no worker runs, the service makes what is due before it answers."""
        asked.destination(asked.goal_of(goal), options.get("to"))
        asked.method(options.get("code_method"))
        path, account = _named(n)
        return await self._shape(f"{path}/operations", {"goal": goal, **options}, account=account)

    async def register(self, n: str, **options: Any) -> Shape:
        return await self._do("register", n, options)

    async def verify(self, n: str, **options: Any) -> Shape:
        return await self._do("verify", n, options)

    async def set_pin(self, n: str, **options: Any) -> Shape:
        return await self._do("set-pin", n, options)

    async def deregister(self, n: str, **options: Any) -> Shape:
        return await self._do("deregister", n, options)

    async def release(
        self, n: str, *, confirm: str | None = None, last_paid: str | None = None, who: str = "terminal"
    ) -> Shape:
        path, account = _named(n)
        return await self._shape(f"{path}/release", {"confirm": confirm, "last_paid": last_paid}, account=account)

    async def release_status(self, n: str, *, last_paid: str | None = None) -> Shape:
        path, account = _named(n)
        if last_paid is None:
            found: Shape = await self._of(n, "/release")
            return found
        changed: Shape = await self._rest.patch(f"{path}/release", {"last_paid": last_paid}, account=account)
        return changed

    async def migrate(self, n: str, to: str, **options: Any) -> Shape:
        return await self._do("migrate", n, {"to": to, **options})

    async def _do(self, goal: str, n: str, options: dict[str, Any]) -> Shape:
        return await self.drive((await self.open(goal, n, **options))["id"])

    async def drive(
        self,
        operation: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """See `Linewright.drive`. Where no worker runs, this asks the service to make what is due."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        told: Shape | None = None
        while True:
            current = await self.push(operation)
            if on_change is not None and current != told:
                told = current
                on_change(current)
            over = current["state"] not in OPEN
            asks = current["state"] == "asking" and not follow and not self._waits_for_a_worker(current)
            if over or asks or (ends is not None and monotonic() >= ends):
                return current
            await self._rest_until_the_next(current)

    async def push(self, operation: str) -> Shape:
        if self.worked:
            return await self.operation(operation)
        return await self._shape(f"/operations/{segment(operation)}/push")

    async def settle(self, operation: str) -> Shape:
        ends = monotonic() + SETTLE_SECONDS
        current = await self.push(operation)
        while self._waits_for_a_worker(current) and monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS)
            current = await self.push(operation)
        return current

    async def follow(self, operation: str) -> AsyncIterator[Shape]:
        last: Shape | None = None
        while True:
            current = await self.push(operation)
            if current != last:
                last = current
                yield current
            if current["state"] not in OPEN:
                return
            await self._rest_until_the_next(current)

    async def _rest_until_the_next(self, current: Shape) -> None:
        wake = current["wake_at"]
        left = 0.0 if wake is None else self.clock.seconds_until(datetime.fromisoformat(wake))
        await asyncio.sleep(LOOK_SECONDS if self.worked or not left else min(left, LOOK_SECONDS))
        await self._look_around()

    def _waits_for_a_worker(self, current: Shape) -> bool:
        """Whether something was said to the operation that no turn has heard yet."""
        wake = current["wake_at"]
        due = wake is not None and datetime.fromisoformat(wake) <= self.clock.now() + SECOND
        return self.worked and current["state"] in OPEN and due

    async def operations(self, state: str | None = None) -> list[Shape]:
        asked.states(state)
        return await self._rest.items("/operations", state=state)

    async def operation(self, operation: str) -> Shape:
        found: Shape = await self._rest.get(f"/operations/{segment(operation)}")
        return found

    async def cancel(self, operation: str) -> Shape:
        return await self._shape(f"/operations/{segment(operation)}/cancel")

    async def retry(self, operation: str) -> Shape:
        return await self._shape(f"/operations/{segment(operation)}/retry")

    # Questions

    async def tasks(self, state: str = "open") -> list[Shape]:
        return await self._rest.items("/tasks", state=state)

    async def task(self, task: str) -> Shape:
        found: Shape = await self._rest.get(f"/tasks/{segment(task)}")
        return found

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
        asked.one_answer(value=value, approve=approve, done=done, decline=decline, resend=resend)
        body = {"value": value, "approve": approve, "done": done, "decline": decline, "resend": resend}
        return await self._shape(f"/tasks/{segment(task)}/answer", body | {"pin_changed": pin_changed})

    async def link(self, task: str) -> Shape:
        return await self._shape(f"/tasks/{segment(task)}/link")

    # Imports

    async def check_import(self, content: bytes) -> Shape:
        report: Shape = (await self._rest.post_file("/imports", content, check="true"))["report"]
        return report

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
        flags = {"skip_bad": skip_bad, "by_link": by_link, "again": again}
        asked_for = {flag: "true" for flag, given in flags.items() if given}
        taken: Shape = await self._rest.post_file("/imports", content, name=name, **asked_for)
        return taken

    async def drive_import(
        self,
        id: str,
        *,
        follow: bool = False,
        timeout_seconds: float | None = None,
        on_change: Callable[[Shape], None] | None = None,
    ) -> Shape:
        """See `Linewright.drive_import`. Where no worker runs, this asks the service to make what is due."""
        ends = None if timeout_seconds is None else monotonic() + timeout_seconds
        while True:
            current = await self.push_import(id)
            if on_change is not None:
                on_change(current)
            asks = current["state"] == "asking" and not current["counts"]["waiting"] and not follow
            if current["ended_at"] is not None or asks or (ends is not None and monotonic() >= ends):
                return current
            await asyncio.sleep(LOOK_SECONDS)
            await self._look_around()

    async def push_import(self, id: str) -> Shape:
        if self.worked:
            return await self.one_import(id)
        return await self._shape(f"/imports/{segment(id)}/push")

    async def cancel_import(self, id: str, *, who: str = "terminal") -> Shape:
        return await self._shape(f"/imports/{segment(id)}/cancel")

    async def imports(self) -> list[Shape]:
        return await self._rest.items("/imports")

    async def one_import(self, id: str) -> Shape:
        found: Shape = await self._rest.get(f"/imports/{segment(id)}")
        return found

    async def import_rows(self, id: str, state: str | None = None) -> list[Shape]:
        return await self._rest.items(f"/imports/{segment(id)}/rows", state=asked.row_state(state))

    async def import_result(self, id: str) -> str:
        return (await self._rest.fetch(f"/imports/{segment(id)}/result")).decode()

    # The rest

    async def pin_status(self, n: str) -> Shape:
        found: Shape = await self._of(n, "/pin")
        return found

    async def pin_history(self, n: str) -> list[Shape]:
        found = await self._of(n, "/pin/history")
        return list(found["items"])

    async def plan(self, n: str, *, goal: str | None = None, depth: int | None = None, read: bool = False) -> Shape:
        asked.planned(goal)
        asked.depth(depth)
        if read:
            await self.doctor(n)
        path, account = _named(n)
        how = {"goal": goal, "depth": str(depth) if depth is not None else None}
        found: Shape = await self._rest.get(f"{path}/plan", account=account, **how)
        return found

    async def check(self, account: str | None = None) -> Shape:
        found: Shape = await self._rest.post("/check", account=account)
        return found

    async def doctor(self, n: str | None = None) -> Shape:
        """At one number; the home itself is looked at where it lies."""
        if n is None:
            raise _here_only()
        path, account = _named(n)
        found: Shape = await self._rest.post(f"{path}/doctor", account=account)
        return found

    async def bundle(self, n: str, path: str | Path) -> Shape:
        """Fetches the number's support bundle and writes it to `path`."""
        address, account = _named(n)
        content = await self._rest.fetch(f"{address}/bundle", account=account)
        return _written(Path(path), content)

    def explain(self, error: Any) -> Shape:
        return explain(error)

    async def export_pins(
        self,
        path: str | Path,
        passphrase: Secret,
        *,
        numbers: Sequence[str] = (),
        account: str | None = None,
        who: str = "terminal",
    ) -> Shape:
        raise _here_only()

    async def is_sealed(self, path: str | Path) -> bool:
        raise _here_only()

    async def import_pins(self, path: str | Path, *, passphrase: Secret | None = None, who: str = "terminal") -> Shape:
        raise _here_only()

    async def show_pin(self, n: str, *, who: str = "terminal") -> Secret:
        raise _here_only()

    async def webhook(self, account: str, *, who: str = "terminal", point: bool = False) -> tuple[Shape, Secret]:
        raise _here_only()

    async def rotate_key(self) -> Shape:
        raise _here_only()

    async def backup(self, path: str | Path) -> Shape:
        raise _here_only()

    async def restored(self) -> Shape:
        raise _here_only()

    async def want(self, n: str, wanted: str, *, who: str = "terminal") -> Shape:
        raise _here_only()

    async def people(self) -> list[Shape]:
        raise _here_only()

    async def invite(self, name: str | None = None, *, now: datetime | None = None) -> Shape:
        raise _here_only()

    @property
    def office(self) -> NoReturn:
        raise _here_only()

    @property
    def settings(self) -> NoReturn:
        raise _here_only()

    @property
    def home(self) -> NoReturn:
        raise _here_only()

    async def _shape(self, path: str, body: Shape | None = None, **params: str | None) -> Shape:
        found: Shape = await self._rest.post(path, body, **params)
        return found

    async def _of(self, n: str, what: str) -> Any:
        path, account = _named(n)
        return await self._rest.get(f"{path}{what}", account=account)


def _named(n: str) -> tuple[str, str | None]:
    """The address of a number, and the account to look in."""
    account, _, name = n.strip().rpartition("/")
    if name.strip() in ("", ".", ".."):
        raise UsageError(
            f"The number {name.strip()[:40]} is not known.",
            fix="Run `linewright sync` to fetch the accounts' numbers, or see `linewright number list`.",
            reason="unknown-number",
        )
    return f"/numbers/{segment(name.strip())}", account or None


def _written(target: Path, bundle: bytes) -> Shape:
    try:
        target.write_bytes(bundle)
    except OSError as error:
        raise StoreUnavailable(
            f"The bundle cannot be written to {target}: {error.strerror or type(error).__name__}.",
            fix="Name another file with -o, in a folder that can be written.",
            reason="bundle",
        ) from None
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files, stories = archive.namelist(), json.loads(archive.read("operations.json"))
    return {"file": str(target), "files": files, "operations": len(stories)}


def _here_only() -> UsageError:
    return UsageError(
        "This works on the home itself, and LINEWRIGHT_URL names a service.",
        fix="Unset LINEWRIGHT_URL and run it on the machine where the home is.",
        reason="here-only",
    )
