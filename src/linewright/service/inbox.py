"""`/inbox/otp/{inbox}`: a text message with a code, as its provider posts it. Signed, matched, used once, forgotten."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from linewright.courier_posts import Post, Refused
from linewright.couriers import read
from linewright.inbox_desk import InboxDesk, address_of
from linewright.service.desk import Desk, desk_of
from linewright.service.posts import raw
from linewright.service.problems import Problem
from linewright.store.inboxes import Inbox

__all__ = ["LARGEST_POST", "router"]

router = APIRouter(include_in_schema=False)

LARGEST_POST = 64 * 1024
"""Bytes: a text message has at most ten parts of 160 signs, and a provider's words around it."""
HEADERS = (
    *("authorization", "content-type", "x-twilio-signature", "telnyx-signature-ed25519", "telnyx-timestamp"),
    *("webhook-id", "webhook-timestamp", "webhook-signature"),
)
LONGEST_HEADER = 8_000
REFUSED = {
    "unsigned": (401, "This post is not signed.", "Sign it as the inbox's provider does; nothing was changed."),
    "forged": (403, "The signature does not fit.", "Check the inbox's secret, and its address at the provider."),
    "stale": (403, "The signature is too old.", "Set the clocks by NTP, and sign it anew."),
    "unreadable": (400, "This is no message: it cannot be read.", "Send its id, the phone it came to and its text."),
    "too-large": (413, f"This is more than {LARGEST_POST} bytes.", "Send less at once; nothing was changed."),
    "unknown-inbox": (404, "There is no inbox at this address.", "See `linewright inbox list`."),
}
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""For Twilio: nothing is answered to whoever sent the message."""


@router.post("/inbox/otp/{name}")
async def message(request: Request, name: str) -> Response:
    """Answered once it is committed: a provider that hears nothing sends it again, and then it counts once."""
    desk = desk_of(request)
    inboxes = InboxDesk(desk.linewright.office, desk.public_url)
    found = await run_in_threadpool(desk.store.inboxes.opened, name)
    if found is None:
        raise await _turned_away(inboxes, None, "unknown-inbox")
    inbox, secret = found
    try:
        post = Post(_signed_url(desk, request, inbox), _headers(request), await _body(request))
        brought = read(inbox.kind, secret, post, inboxes.now())
    except Refused as refused:
        raise await _turned_away(inboxes, inbox, refused.outcome) from None
    outcome = await run_in_threadpool(inboxes.take, inbox, brought)
    if inbox.kind == "twilio":
        return Response(TWIML, media_type="text/xml")
    return JSONResponse({"outcome": outcome}) if inbox.kind == "generic" else Response(status_code=200)


def _signed_url(desk: Desk, request: Request, inbox: Inbox) -> str:
    """As the provider was given it: behind a proxy the request itself shows another."""
    query = request.scope["query_string"].decode("latin-1")
    return address_of(desk.public_url, inbox.name) + (f"?{query}" if query else "")


def _headers(request: Request) -> dict[str, str]:
    given = {name: request.headers.get(name, "") for name in HEADERS}
    if any(len(value) > LONGEST_HEADER for value in given.values()):
        raise Refused("forged")
    return given


async def _body(request: Request) -> bytes:
    body = await raw(request, LARGEST_POST)
    if body is None:
        raise Refused("too-large")
    return body


async def _turned_away(inboxes: InboxDesk, inbox: Inbox | None, outcome: str) -> Problem:
    """Counted; what to answer tells why. Nothing else is changed."""
    await run_in_threadpool(inboxes.turned_away, inbox, outcome)
    status, what, fix = REFUSED[outcome]
    return Problem(status, outcome, what, fix=fix, headers={"Connection": "close"} if status == 413 else {})
