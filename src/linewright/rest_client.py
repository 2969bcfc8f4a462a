"""Asks a running service over REST; what it refuses becomes the same errors as on a home."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from linewright.errors import LinewrightError, RemoteUnavailable, StoreUnavailable, UsageError
from linewright.graph.wire import is_loopback
from linewright.secret import Secret

__all__ = ["RestClient", "segment"]

TIMEOUT = httpx.Timeout(120.0, connect=10.0)
"""Seconds. A POST makes calls to the remote before it answers, where no worker runs."""
TRIES = 3
REMOTE = frozenset({"remote-unavailable", "in-doubt"})
LOST = (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.WriteError)
"""The request may have arrived: it is sent again under the same key."""

Body = dict[str, Any]


def segment(text: str) -> str:
    """A part of an address, whatever it holds."""
    return quote(text, safe="")


class RestClient:
    """`url` is the service's own, without a path; `token` its bearer token. Raises what `Linewright` raises."""

    def __init__(self, url: str, token: Secret | None, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        if token is None:
            raise UsageError(
                "LINEWRIGHT_URL names a service, and there is no token for it.",
                fix="Set LINEWRIGHT_API_TOKEN; an admin makes tokens in the settings of the service.",
                reason="service-token",
            )
        if not token.open_secret().isascii():
            raise UsageError(
                "LINEWRIGHT_API_TOKEN is no token of Linewright: it holds characters that no token has.",
                fix="Set it to the token as the settings of the service showed it.",
                reason="service-token",
            )
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token.open_secret()}", "Accept": "application/json"},
            timeout=TIMEOUT,
            transport=transport,
            trust_env=not is_loopback(url),
        )
        self._url = url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **params: str | None) -> Any:
        return self._document(await self._sent("GET", path, params))

    async def items(self, path: str, **params: str | None) -> list[Any]:
        """All items of a listing, page by page."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            page = await self.get(path, **params, limit="500", cursor=cursor)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    async def fetch(self, path: str, **params: str | None) -> bytes:
        return self._told(await self._sent("GET", path, params)).content

    async def post(self, path: str, body: Body | None = None, **params: str | None) -> Any:
        """Once, however often it must be sent: a key of its own goes with it."""
        return self._document(await self._posted(path, params, body=body))

    async def post_file(self, path: str, content: bytes, **params: str | None) -> Any:
        """A file as it is, once. What its rows were refused for is told, not raised: the `report` of the refusal."""
        answer = await self._posted(path, params, content=content)
        if answer.status_code == 422:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                return {"import": None, "report": answer.json()["report"]}
        return self._document(answer)

    async def _posted(self, path: str, params: dict[str, str | None], **sent: Any) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        for left in range(TRIES - 1, -1, -1):
            try:
                answer = await self._sent("POST", path, params, headers=headers, **sent)
            except _Lost as lost:
                if not left:
                    raise self._unreachable(lost.cause) from None
                continue
            if answer.status_code == 409 and "Retry-After" in answer.headers and left:
                await asyncio.sleep(min(int(answer.headers["Retry-After"]), 10))
                continue
            return answer
        raise AssertionError("the last try returns or raises")

    async def patch(self, path: str, body: Body, **params: str | None) -> Any:
        return self._document(await self._sent("PATCH", path, params, body=body))

    async def delete(self, path: str, **params: str | None) -> Any:
        return self._document(await self._sent("DELETE", path, params))

    async def _sent(
        self,
        method: str,
        path: str,
        params: dict[str, str | None],
        *,
        body: Body | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        kind = {"Content-Type": "text/csv"} if content is not None else {}
        try:
            return await self._client.request(
                method, path, params=given, json=_open(body), content=content, headers={**(headers or {}), **kind}
            )
        except LOST as error:
            if headers is not None:
                raise _Lost(error) from None
            raise self._unreachable(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> RemoteUnavailable:
        return RemoteUnavailable(
            f"The service at {self._url} cannot be reached: {type(error).__name__}.",
            fix="Check LINEWRIGHT_URL, and that `linewright serve` runs there.",
            reason="service-unavailable",
        )

    def foreign(self, status: int = 200) -> RemoteUnavailable:
        """The error for an answer that no service of Linewright gives."""
        return RemoteUnavailable(
            f"What answers at {self._url} is not Linewright's service (status {status}).",
            fix="Check LINEWRIGHT_URL.",
            reason="service-unavailable",
        )

    def _document(self, answer: httpx.Response) -> Any:
        told = self._told(answer)
        try:
            found = told.json()
        except ValueError:
            raise self.foreign(told.status_code) from None
        if not isinstance(found, dict):
            raise self.foreign(told.status_code)
        return found

    def _told(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            reason, message, fix = (str(problem[name]) for name in ("reason", "title", "detail"))
        except (ValueError, KeyError, TypeError):
            raise self.foreign(answer.status_code) from None
        kind = _kind(answer.status_code, reason)
        raise kind(message, fix=fix, reason=reason, fbtrace_id=problem.get("fbtrace_id"))


class _Lost(Exception):
    """The answer of a request that may have arrived did not come."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _kind(status: int, reason: str) -> type[LinewrightError]:
    if status == 503:
        return RemoteUnavailable if reason in REMOTE else StoreUnavailable
    return LinewrightError if status >= 500 else UsageError


def _open(body: Body | None) -> Body | None:
    """The body as it goes over the wire, secrets too; what is None was not given."""
    if body is None:
        return None
    given = {name: value for name, value in body.items() if value is not None}
    return {name: value.open_secret() if isinstance(value, Secret) else value for name, value in given.items()}
