"""`/webhooks/whatsapp/{account}`: what Meta tells by itself. A signed post is kept, answered, then worked through."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from linewright.clock import monotonic
from linewright.domain.posts import kept
from linewright.engine.ports import Clock
from linewright.graph.redact import redact
from linewright.service.posts import raw
from linewright.service.problems import Problem
from linewright.store.webhooks import Letter, Sender, Webhooks

__all__ = ["LARGEST_POST", "Letterbox", "router"]

router = APIRouter(include_in_schema=False)

LARGEST_POST = 3 * 1024 * 1024 + 64 * 1024
"""Bytes: Meta says 3 MB (facts, section 6), whichever it means."""
SMALL_POST = 64 * 1024
"""Bytes that are read as JSON in passing; a larger one is read in a thread of its own."""
KNOWN_SECONDS = 2.0
"""Real: so long the app secret that was read is taken for the account's."""
MOST_KNOWN = 10_000
TOGETHER = 200
"""Posts in one transaction."""
CHALLENGE = re.compile(r"[A-Za-z0-9_.~-]{1,200}")
SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
REFUSED = {
    "unsigned": (401, "This post is not signed.", "Meta signs each one in X-Hub-Signature-256."),
    "forged": (403, "The signature does not fit.", "Give the account the secret of the app that sends this."),
    "no-secret": (403, "The account has no app secret.", "Give it: linewright account update NAME --app-secret-file F"),
    "too-large": (413, f"This is more than {LARGEST_POST} bytes.", "Send less at once; nothing was changed."),
    "unreadable": (400, "This is not a post of Meta: it cannot be read.", "Send it as Meta does; nothing was changed."),
    "unknown-account": (404, "There is no account at this address.", "See `linewright account webhook NAME`."),
}


class Letterbox:
    """Takes posts to the store: those that come together in one transaction. Each is answered once it is committed."""

    def __init__(self, webhooks: Webhooks, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._waiting: list[tuple[Letter, asyncio.Future[str]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._known: dict[str, tuple[float, Sender]] = {}

    async def put(self, letter: Letter) -> str:
        """What became of it. Raises `StoreUnavailable`: then it is not kept, and Meta sends it again."""
        written: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        return await written

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            letters = [letter for letter, _ in some]
            try:
                outcomes = await run_in_threadpool(self._webhooks.take, letters, self._clock.now())
            except Exception as error:
                for _, written in some:
                    if not written.done():
                        written.set_exception(error)
                continue
            for (_, written), outcome in zip(some, outcomes, strict=True):
                if not written.done():  # whoever sent it may have hung up
                    written.set_result(outcome)

    async def sender(self, account: str, *, anew: bool = False) -> Sender | None:
        """Whose address this is; `anew` looks again, since the secret may have changed."""
        at, known = self._known.get(account, (0.0, None))
        if known is not None and not anew and monotonic() - at < KNOWN_SECONDS:
            return known
        self._known.pop(account, None)
        found = await run_in_threadpool(self._webhooks.sender, account)
        if found is not None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[account] = monotonic(), found
        return found

    def signed(self, sender: Sender, body: bytes, signature: str) -> bool:
        """Over the raw bytes, in constant time, before anybody reads them."""
        if sender.app_secret is None:
            return False
        return hmac.compare_digest(self._webhooks.mac(sender.app_secret, body), signature)

    async def is_verify_token(self, account: str, given: str) -> bool:
        return await run_in_threadpool(self._webhooks.is_verify_token, account, given)


def _letterbox(request: Request) -> Letterbox:
    box: Letterbox = request.app.state.letterbox
    return box


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    """Why a post is turned away."""

    outcome: str


@router.get("/webhooks/whatsapp/{account}")
async def handshake(
    request: Request,
    account: str,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    token: Annotated[str, Query(alias="hub.verify_token")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge")] = "",
) -> Response:
    """Meta asks whether this is really where its posts shall go."""
    box = _letterbox(request)
    if await box.sender(account) is None:
        return await _turned_away(box, "", "unknown-account")
    if mode != "subscribe" or not CHALLENGE.fullmatch(challenge):
        return await _turned_away(box, account, "unreadable")
    if not await box.is_verify_token(account, token):
        return await _turned_away(box, account, "forged")
    await box.put(Letter(account=account, outcome="handshake"))
    return PlainTextResponse(challenge)


@router.post("/webhooks/whatsapp/{account}")
async def post(request: Request, account: str) -> Response:
    """Answered at once: what it tells is worked through afterwards, in the order in which posts came."""
    box = _letterbox(request)
    try:
        letter = await _letter(request, box, account)
    except _Refused as refused:
        return await _turned_away(box, "" if refused.outcome == "unknown-account" else account, refused.outcome)
    await box.put(letter)
    return Response(status_code=200)


async def _letter(request: Request, box: Letterbox, account: str) -> Letter:
    sender = await box.sender(account)
    if sender is None:
        raise _Refused("unknown-account")
    body = await raw(request, LARGEST_POST)
    if body is None:
        raise _Refused("too-large")
    given = request.headers.get("x-hub-signature-256", "")
    if not given:
        raise _Refused("unsigned")
    if sender.app_secret is None:
        raise _Refused("no-secret")
    found = SIGNATURE.fullmatch(given)
    if found is None:
        raise _Refused("forged")
    if not box.signed(sender, body, found[1]):
        sender = await box.sender(account, anew=True)
        if sender is None or not box.signed(sender, body, found[1]):
            raise _Refused("forged")
    waba = sender.waba
    return (
        _read(account, waba, body) if len(body) <= SMALL_POST else await run_in_threadpool(_read, account, waba, body)
    )


def _read(account: str, waba: str, body: bytes) -> Letter:
    """What is kept of a signed post. Raises `_Refused` where it is no JSON object."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _Refused("unreadable")
    if _is_foreign(said, waba):
        return Letter(account=account, outcome="foreign")
    digest = hashlib.sha256(body).hexdigest()
    return Letter(account=account, outcome="taken", digest=digest, body=redact(kept(said, waba)))


def _is_foreign(said: dict[str, Any], waba: str) -> bool:
    """Whether it tells of other accounts only: the same app may have many, at one address."""
    entries = said.get("entry")
    ids = {str(each.get("id")) for each in entries if isinstance(each, dict)} if isinstance(entries, list) else set()
    return bool(ids) and waba not in ids


async def _turned_away(box: Letterbox, account: str, outcome: str) -> Response:
    """Counted, and answered with why; nothing else is changed."""
    await box.put(Letter(account=account, outcome=outcome))
    status, message, fix = REFUSED[outcome]
    raise Problem(status, outcome, message, fix=fix, headers={"Connection": "close"} if status == 413 else {})
