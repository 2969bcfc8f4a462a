"""One exchange over httpx, with everything that can go wrong on the way told as an `Answer`."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from linewright.domain.journal import Answer, Outcome
from linewright.errors import UsageError
from linewright.graph import judge
from linewright.graph.redact import HeadersUnseen, redact_text
from linewright.graph.wire import Request, is_loopback
from linewright.secret import Secret

__all__ = ["Sender", "Transport", "tls"]

CONNECT_SECONDS = 10.0
MOST_BYTES = 4 * 1024 * 1024
"""No answer of this API is longer; a longer one is read no further and proves nothing."""

Transport: TypeAlias = httpx.AsyncBaseTransport
Response: TypeAlias = tuple[int, Mapping[str, str], bytes]
"""Status, headers, content."""
Stopped: TypeAlias = Callable[[], str]
"""Why a call must not be sent any more, empty when it may."""

UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
NETWORK = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
"""`OSError` holds `TimeoutError` and what a resolver throws, `ValueError` a host name that cannot be encoded."""

for name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy"):
    logging.getLogger(name).addFilter(HeadersUnseen())


@cache
def tls() -> ssl.SSLContext:
    """How every client of this process checks the remote: reading the certificates takes 50 ms."""
    return httpx.create_ssl_context()


class _Dropped(Exception):
    """This side dropped the call before anything was written."""


class Sender:
    """Sends requests to one Graph URL with one token, or without any. Raises `UsageError` as `GraphClient` says."""

    def __init__(
        self, token: Secret | None, *, base_url: str, version: str, transport: Transport | None, timeout: float
    ) -> None:
        self._token = None if token is None else _usable(token)
        self._root = _safe_url(base_url).rstrip("/") + f"/{version}"
        self._timeout = timeout
        self._traced = transport is None
        quick = min(timeout, CONNECT_SECONDS)
        try:
            self._http = httpx.AsyncClient(
                transport=transport,
                timeout=httpx.Timeout(timeout, connect=quick, pool=quick),
                follow_redirects=False,
                # Proxies are real for the remote; a loopback URL must never leave this machine.
                trust_env=not is_loopback(base_url),
                verify=tls(),
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            raise UsageError(
                f"The connection to the remote cannot be set up ({type(error).__name__}).",
                fix="Check the proxy and certificate settings of this machine (HTTPS_PROXY, SSL_CERT_FILE).",
                reason="connection-settings",
            ) from None

    async def aclose(self) -> None:
        await self._http.aclose()

    async def exchange(self, request: Request, stopped: Stopped) -> Answer:
        """Sends a request, unless `stopped` gives a reason last thing before the socket is written."""
        heard = await self._heard(request, stopped)
        return heard if isinstance(heard, Answer) else judge.answer(request, *heard, self._opened())

    async def buy(self, request: Request) -> tuple[Answer, Secret | None]:
        """The same for a request whose answer is a token: that is taken out before anybody sees the answer."""
        heard = await self._heard(request, lambda: "")
        if isinstance(heard, Answer):
            return heard, None
        token = judge.bought_token(heard[2])
        return judge.answer(request, *heard, (token,) if token else ()), token

    async def _heard(self, request: Request, stopped: Stopped) -> Answer | Response:
        """The response, or the answer that there is none."""
        sending = _Sending(stopped, traced=self._traced)
        try:
            if not self._traced:
                sending.start()
            async with asyncio.timeout(self._timeout):
                return await self._roundtrip(request, sending)
        except _Dropped as dropped:
            return Answer(call=request.call, outcome=Outcome.NOT_SENT, failure=str(dropped))
        except NETWORK as error:
            return self._lost(request, error, sending)

    def _opened(self) -> tuple[Secret, ...]:
        return () if self._token is None else (self._token,)

    async def _roundtrip(self, request: Request, sending: _Sending) -> Response:
        content = request.content()
        headers = {"Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.open_secret()}"
        if content is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if request.form else "application/json"
        async with self._http.stream(
            request.method,
            self._root + request.path,
            params=dict(request.params) or None,
            content=content,
            headers=headers,
            extensions={"trace": sending.trace},
        ) as response:
            return response.status_code, dict(response.headers), await _bounded(response)

    def _lost(self, request: Request, error: Exception, sending: _Sending) -> Answer:
        if isinstance(error, httpx.PoolTimeout):
            outcome, failure = Outcome.NOT_SENT, "Not sent: no connection was free in time."
        elif isinstance(error, UNREACHABLE) or not sending.started:
            late = isinstance(error, httpx.TimeoutException | TimeoutError)
            why = "no connection in time" if late else redact_text(str(error), self._opened())[:200]
            outcome, failure = Outcome.UNREACHABLE, f"The remote cannot be reached: {why or type(error).__name__}."
        elif isinstance(error, httpx.TimeoutException | TimeoutError):
            outcome, failure = Outcome.IN_DOUBT, f"No answer within {self._timeout:g} s."
        elif isinstance(error, httpx.DecodingError):
            outcome, failure = Outcome.IN_DOUBT, "The answer cannot be unpacked."
        else:
            outcome, failure = Outcome.IN_DOUBT, f"The connection broke before the answer ({type(error).__name__})."
        return Answer(call=request.call, outcome=outcome, failure=failure)


class _Sending:
    """Knows whether anything of a call was written. A transport of somebody else's tells nothing: there it
    counts as written from the beginning."""

    def __init__(self, stopped: Stopped, *, traced: bool) -> None:
        self.started = not traced
        self._stopped = stopped

    def start(self) -> None:
        """The last moment at which the call can be dropped."""
        why = self._stopped()
        if why:
            raise _Dropped(why)
        self.started = True

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        if event.endswith("send_request_headers.started") and not self.started and not _opens_a_tunnel(info):
            self.start()


def _opens_a_tunnel(info: Mapping[str, object]) -> bool:
    """A proxy is asked for the way first, and TLS follows: nothing of the call itself is written yet."""
    return getattr(info.get("request"), "method", None) == b"CONNECT"


async def _bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            return b""
    return bytes(content)


def _safe_url(url: str) -> str:
    """Raises `UsageError` unless the URL keeps the token to itself."""
    try:
        parts = urlsplit(url)
        whole = not (parts.query or parts.fragment)
        sound = whole and bool(parts.hostname) and parts.username is None and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        sound = False
    if not sound or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise UsageError(
            "The Graph URL cannot be used: it is not https, and would show the token on the way."
            if sound
            else "The Graph URL cannot be used: it is not the address of a machine.",
            fix="Use https://graph.facebook.com, or an address of this machine for a rehearsal.",
            reason="graph-url",
        )
    return url


def _usable(token: Secret) -> Secret:
    """Raises `UsageError` for a token that fits into no header, without showing it."""
    if not re.fullmatch(r"[\x21-\x7e]+", token.open_secret()):
        raise UsageError(
            "The access token is empty, or holds a character that no token has.",
            fix="Copy it again, whole and without line breaks.",
            reason="token-form",
        )
    return token
