"""The Graph client: typed, async; a failure of any kind is an `Answer`, never an exception."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.graph import judge, wire
from linewright.graph.sender import Sender, Transport
from linewright.secret import Secret

__all__ = ["GRAPH_URL", "GRAPH_VERSION", "TIMEOUT_SECONDS", "GraphClient"]

GRAPH_URL = "https://graph.facebook.com"
GRAPH_VERSION = "v25.0"
TIMEOUT_SECONDS = 30.0
MOST_PAGES = 1000
NO_PAGE = Answer(call=CallKind.LOOK, outcome=Outcome.NOT_SENT)


class GraphClient:
    """One account's calls. Use it as an async context manager, or close it with `aclose()`.

    `timeout` is the seconds that one call may take in all. `unsupported_fields` are the fields of a number
    that this Graph version does not know; the client adds to them what it learns. `send_by` of a write is a
    moment of `monotonic` (in seconds): later than that the call is dropped unsent, and so is a write when
    `before_write` says False. Both are asked last thing before the socket is written (DESIGN, section 6).
    `heard` is told of each answer, and how many seconds of `monotonic` it took.

    Raises `UsageError` for plain http to another machine, a URL that is none, a token that cannot be one,
    and broken proxy or certificate settings of this machine.
    """

    def __init__(
        self,
        token: Secret,
        *,
        base_url: str = GRAPH_URL,
        version: str = GRAPH_VERSION,
        transport: Transport | None = None,
        timeout: float = TIMEOUT_SECONDS,
        unsupported_fields: Iterable[str] = (),
        monotonic: Callable[[], float] | None = None,
        before_write: Callable[[], bool] | None = None,
        heard: Callable[[Answer, float], None] | None = None,
    ) -> None:
        self.unsupported_fields = set(unsupported_fields)
        self._token = token
        self._monotonic = monotonic
        self._before_write = before_write
        self._heard = heard
        self._sender = Sender(token, base_url=base_url, version=version, transport=transport, timeout=timeout)

    async def __aenter__(self) -> GraphClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes its connections; a closed client sends nothing more."""
        await self._sender.aclose()

    # Reads

    async def read_number(self, number: str, *, moving: bool = False) -> Answer:
        """The number's fields. One that this version does not know is left out from then on. `moving` asks for what
        a migration wants to know beside the rest."""
        return await self._read(partial(wire.read_number, number, self.unsupported_fields, moving=moving))

    async def survey_account(self, waba: str) -> Answer:
        """What a migration wants to know of an account: its node's fields, of those that this version knows."""
        return await self._read(partial(wire.survey_account, waba, self.unsupported_fields), prefix="account.")

    async def list_numbers(self, waba: str) -> Answer:
        """All numbers of an account: the body is `{"data": […]}`, gathered page by page.

        A listing that may be incomplete is in doubt.
        """
        rows: list[Any] = []
        answer = NO_PAGE
        async for answer in self.number_pages(waba):
            if answer.outcome is not Outcome.OK:
                return answer
            rows += answer.body["data"]
        return replace(answer, body={"data": rows})

    async def number_pages(self, waba: str) -> AsyncIterator[Answer]:
        """The pages of an account's numbers as they come: the body of each is `{"data": […]}`. The listing is whole
        when the last page is ok; else the last one tells what went wrong.

        Pages are asked for by `cursors.after`; `paging.next` is never followed, since it repeats the token.
        """
        seen: set[str | None] = {None}
        after: str | None = None
        answer = NO_PAGE
        for _ in range(MOST_PAGES):
            answer = await self._read(partial(wire.list_numbers, waba, after, self.unsupported_fields))
            yield answer
            more, after = _following(answer.body)
            if answer.outcome is not Outcome.OK or not more:
                return
            if after in seen:
                break
            seen.add(after)
        yield replace(answer, outcome=Outcome.IN_DOUBT, body={}, failure="The listing of the numbers has no end.")

    async def read_account(self, waba: str) -> Answer:
        """The account's `id` and `name`."""
        return await self._send(wire.read_account(waba))

    async def subscribed_apps(self, waba: str) -> Answer:
        """The apps that hear the account's webhooks: `data[].whatsapp_business_api_data.id`, and where the account
        has an address of its own for one, that as `override_callback_uri`, without its query."""
        answer = await self._send(wire.subscribed_apps(waba))
        return replace(answer, body=wire.without_queries(answer.body))

    async def read_storage(self, number: str) -> Answer:
        """The body's `storage_configuration`, None where there is none."""
        answer = await self._send(wire.read_storage(number))
        if answer.outcome is not Outcome.OK:
            return answer
        found = answer.body.get("storage_configuration")
        return replace(answer, body={"storage_configuration": found if isinstance(found, dict) else None})

    async def debug_token(self) -> Answer:
        """What the remote says of this token: `app_id`, `is_valid`, `scopes`, `expires_at` (0 = never) …"""
        return judge.token_answer(await self._send(wire.debug_token(self._token)), self._token)

    # Writes

    async def register(self, number: str, pin: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.register(number, pin), send_by)

    async def deregister(self, number: str, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.deregister(number), send_by)

    async def request_code(
        self, number: str, method: str = "SMS", language: str = "en_US", *, send_by: float | None = None
    ) -> Answer:
        """Asks for a code by `SMS` or `VOICE`; minutes may pass until the phone has it."""
        return await self._send(wire.request_code(number, method, language), send_by)

    async def verify_code(self, number: str, code: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.verify_code(number, code), send_by)

    async def set_pin(self, number: str, pin: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.set_pin(number, pin), send_by)

    async def create_number(
        self,
        waba: str,
        cc: str,
        national: str,
        verified_name: str | None,
        *,
        migrate: bool = False,
        send_by: float | None = None,
    ) -> Answer:
        """Adds a number to an account; the body's `id` is its new phone_number_id."""
        return await self._send(wire.create_number(waba, cc, national, verified_name, migrate=migrate), send_by)

    async def subscribe(
        self,
        waba: str,
        *,
        callback: str | None = None,
        verify_token: Secret | None = None,
        send_by: float | None = None,
    ) -> Answer:
        """Subscribes the token's app; with `callback` and `verify_token` a subscribed one gets another address, once
        that has answered the remote's handshake."""
        return await self._send(wire.subscribe(waba, callback, verify_token), send_by)

    async def keep_storage(
        self, number: str, configuration: Mapping[str, Any], *, send_by: float | None = None
    ) -> Answer:
        """Sets the local storage of a number; the remote takes it only while the number is not registered."""
        return await self._send(wire.keep_storage(number, configuration), send_by)

    async def _read(self, request: Callable[[], wire.Request], prefix: str = "") -> Answer:
        """Repeats a read once for each field that turns out to be unknown to this Graph version; an account's are
        kept under a prefix, since a number may know what an account does not."""
        names = wire.ACCOUNT_FIELDS if prefix else wire.FIELDS + wire.MOVING_FIELDS
        answer = await self._send(request())
        for _ in names:
            unknown = wire.nonexisting_field(answer.error)
            if unknown is None or unknown not in names or prefix + unknown in self.unsupported_fields:
                break
            self.unsupported_fields.add(prefix + unknown)
            answer = await self._send(request())
        return replace(answer, body=wire.without_queries(answer.body))

    async def _send(self, request: wire.Request, send_by: float | None = None) -> Answer:
        begun = self._monotonic() if self._monotonic is not None else 0.0
        answer = await self._sender.exchange(request, lambda: self._stopped(request, send_by))
        if self._heard is not None and self._monotonic is not None:
            self._heard(answer, self._monotonic() - begun)
        return answer

    def _stopped(self, request: wire.Request, send_by: float | None) -> str:
        """Why the call must not be sent any more, empty when it may."""
        if send_by is not None and self._monotonic is not None and self._monotonic() > send_by:
            return "Not sent: its time was over."
        if request.writes and self._before_write is not None and not self._before_write():
            return "Not sent: it is no longer ours to send."
        return ""


def _following(page: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether a page has a next one, and the cursor that leads there."""
    paging = page.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return False, None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return True, after if isinstance(after, str) and after else None
