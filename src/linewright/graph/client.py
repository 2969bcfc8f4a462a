"""The Graph client: typed, async; a failure of any kind is an `Answer`, never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

import httpx

from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.errors import UsageError
from linewright.graph import wire
from linewright.graph.errors import parse_error
from linewright.graph.redact import redact, redact_error
from linewright.graph.wire import is_loopback
from linewright.secret import Secret

__all__ = ["GRAPH_URL", "GRAPH_VERSION", "TIMEOUT_SECONDS", "GraphClient"]

GRAPH_URL = "https://graph.facebook.com"
GRAPH_VERSION = "v25.0"
TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 10.0
MOST_PAGES = 1000
MOST_BYTES = 4 * 1024 * 1024

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class GraphClient:
    """One account's calls. Use it as an async context manager, or close it with `aclose()`.

    `timeout` is in seconds. `unsupported_fields` are the fields of a number that this Graph version does
    not know; the client adds to them what it learns. `send_by` of a write is a moment of `monotonic`:
    later than that the call is dropped unsent. Raises `UsageError` for plain http to another machine.
    """

    def __init__(
        self,
        token: Secret,
        *,
        base_url: str = GRAPH_URL,
        version: str = GRAPH_VERSION,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
        unsupported_fields: Iterable[str] = (),
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        if not base_url.startswith("https://") and not (base_url.startswith("http://") and is_loopback(base_url)):
            raise UsageError(
                "The Graph URL is not https, and would show the token on the way.",
                fix="Use https, or an address of this machine for a rehearsal.",
                reason="graph-url",
            )
        self._token = token
        self._version = version
        self._monotonic = monotonic
        self.unsupported_fields = set(unsupported_fields)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=not is_loopback(base_url),
        )

    async def __aenter__(self) -> GraphClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # Reads

    async def read_number(self, number: str) -> Answer:
        """The number's fields; one that this version does not know is left out from then on."""
        answer = await self._send(wire.read_number(number, self.unsupported_fields))
        for _ in wire.WISHED:
            unknown = wire.nonexisting_field(answer.error)
            if unknown is None or unknown in self.unsupported_fields:
                return answer
            self.unsupported_fields.add(unknown)
            answer = await self._send(wire.read_number(number, self.unsupported_fields))
        return answer

    async def list_numbers(self, waba: str) -> Answer:
        """All numbers of an account: the body's `data`, gathered page by page."""
        rows: list[Any] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            answer = await self._send(wire.list_numbers(waba, after, self.unsupported_fields))
            unknown = wire.nonexisting_field(answer.error)
            if unknown in wire.WISHED and unknown not in self.unsupported_fields:
                self.unsupported_fields.add(str(unknown))
                continue
            if answer.outcome is not Outcome.OK:
                return answer
            page = answer.body.get("data")
            if not isinstance(page, list):
                return replace(answer, outcome=Outcome.IN_DOUBT, body={}, failure="a listing without data")
            rows += page
            following = _cursor(answer.body)
            if not page or following is None or following == after:
                return replace(answer, body={"data": rows})
            after = following
        return replace(answer, outcome=Outcome.IN_DOUBT, body={}, failure="a listing without end")

    async def read_account(self, waba: str) -> Answer:
        return await self._send(wire.read_account(waba))

    async def subscribed_apps(self, waba: str) -> Answer:
        return await self._send(wire.subscribed_apps(waba))

    async def read_storage(self, number: str) -> Answer:
        """The body's `storage_configuration`, None where there is none."""
        answer = await self._send(wire.read_storage(number))
        found = answer.body.get("storage_configuration")
        return replace(answer, body={"storage_configuration": found if isinstance(found, dict) else None})

    async def debug_token(self) -> Answer:
        """What the remote says of this token: the `data` of debug_token is the body."""
        answer = await self._send(wire.debug_token(self._token))
        parts = answer.body.get("parts")
        part = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], dict) else None
        if answer.outcome is not Outcome.OK or part is None:
            return answer if answer.outcome is not Outcome.OK else replace(answer, outcome=Outcome.IN_DOUBT, body={})
        try:
            inner = json.loads(part.get("body") or "null")
        except ValueError:
            inner = None
        data = inner.get("data") if isinstance(inner, dict) else None
        if isinstance(data, dict) and "app_id" in data:
            return replace(answer, body=redact(data, (self._token,)))
        error = parse_error(inner, None, {})
        return replace(
            answer,
            outcome=Outcome.REFUSED if error else Outcome.IN_DOUBT,
            body={},
            error=redact_error(error, (self._token,)) if error else None,
        )

    # Writes

    async def register(self, number: str, pin: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.register(number, pin), send_by)

    async def deregister(self, number: str, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.deregister(number), send_by)

    async def request_code(
        self, number: str, method: str = "SMS", language: str = "en_US", *, send_by: float | None = None
    ) -> Answer:
        return await self._send(wire.request_code(number, method, language), send_by)

    async def verify_code(self, number: str, code: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.verify_code(number, code), send_by)

    async def set_pin(self, number: str, pin: Secret, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.set_pin(number, pin), send_by)

    async def create_number(
        self, waba: str, cc: str, national: str, verified_name: str, *, send_by: float | None = None
    ) -> Answer:
        return await self._send(wire.create_number(waba, cc, national, verified_name), send_by)

    async def subscribe(self, waba: str, *, send_by: float | None = None) -> Answer:
        return await self._send(wire.subscribe(waba), send_by)

    async def keep_storage(
        self, number: str, configuration: Mapping[str, Any], *, send_by: float | None = None
    ) -> Answer:
        return await self._send(wire.keep_storage(number, configuration), send_by)

    # The socket

    async def _send(self, request: wire.Request, send_by: float | None = None) -> Answer:
        if send_by is not None and self._monotonic is not None and self._monotonic() > send_by:
            return Answer(call=request.call, outcome=Outcome.NOT_SENT, failure="too late to be sent")
        try:
            async with self._http.stream(
                request.method,
                f"/{self._version}{request.path}",
                params=dict(request.params),
                json=dict(request.json) if request.json is not None else None,
                headers={"Authorization": f"Bearer {self._token.open_secret()}"},
            ) as response:
                content = await _bounded(response)
        except NEVER_SENT as error:
            return _failed(request.call, Outcome.UNREACHABLE, "the remote cannot be reached", error)
        except httpx.PoolTimeout as error:
            return _failed(request.call, Outcome.NOT_SENT, "no connection was free", error)
        except httpx.HTTPError as error:
            return _failed(request.call, Outcome.IN_DOUBT, "the connection broke before the answer", error)
        return wire.answer(request, response.status_code, dict(response.headers), content, (self._token,))


async def _bounded(response: httpx.Response) -> bytes:
    """The body, at most four megabytes of it: a longer one is no answer of this API, and parses as none."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            return b""
    return bytes(content)


def _failed(call: CallKind, outcome: Outcome, words: str, error: Exception) -> Answer:
    return Answer(call=call, outcome=outcome, failure=f"{words} ({type(error).__name__})")


def _cursor(body: Mapping[str, Any]) -> str | None:
    paging = body.get("paging")
    if not isinstance(paging, dict) or "next" not in paging:
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) and after else None
