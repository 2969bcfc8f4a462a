"""`Idempotency-Key`: a POST that is sent again, because its answer was lost, is answered and not done again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from linewright.errors import LinewrightError, StoreUnavailable
from linewright.secret import Secret
from linewright.service.desk import Desk, desk_of
from linewright.service.problems import Problem, problem_response
from linewright.service.who import api_caller
from linewright.store.requests import RENEW_SECONDS, Begun, Kept, Refusal

__all__ = ["HEADER", "Idempotent", "answers_once"]

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
NOT_KEPT = frozenset({401, 403, 429})
"""What is answered before anything is done, beside all from 500 on."""
_ONCE = "_linewright_answers_once"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def answers_once(endpoint: Any) -> Any:
    """Marks an endpoint whose answer holds a secret: it is not kept, and a request sent again is told so."""
    setattr(endpoint, _ONCE, True)
    return endpoint


class Idempotent(APIRoute):
    """A route whose POST honours the header. What was refused is kept like what was done; what could not be
    tried is not, and may be sent again with the same key."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return handler
        once = bool(getattr(self.endpoint, _ONCE, False))

        async def answered(request: Request) -> Response:
            if HEADER not in request.headers:
                return await handler(request)
            return await _with_key(request, handler, once)

        return answered


async def _with_key(request: Request, handler: Handler, once: bool) -> Response:
    desk, key = desk_of(request), request.headers[HEADER]
    if not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        raise Problem(
            422, "idempotency-key", "This Idempotency-Key cannot be kept.", fix="Use 1 to 255 printable signs."
        )
    await run_in_threadpool(api_caller, request, desk)
    bearer = Secret(request.headers["authorization"].partition(" ")[2].strip())
    whole = b"\n".join([str(request.url.path).encode(), request.url.query.encode(), await request.body()])
    begun = await run_in_threadpool(desk.store.requests.begin, bearer, key, whole, desk.now())
    if isinstance(begun, Refusal):
        raise _taken(begun)
    if isinstance(begun, Kept):
        return _replayed(begun)
    return await _answered(request, handler, desk, begun, once)


async def _answered(request: Request, handler: Handler, desk: Desk, begun: Begun, once: bool) -> Response:
    requests, over = desk.store.requests, asyncio.Event()
    renewing = asyncio.ensure_future(_renewed(desk, begun, over))
    try:
        try:
            answer = await handler(request)
        finally:
            over.set()
            begun = await renewing
    except (LinewrightError, Problem) as error:
        answer = problem_response(error, request)
    except BaseException:
        requests.release(begun)
        raise
    if answer.status_code >= 500 or answer.status_code in NOT_KEPT:
        await run_in_threadpool(requests.release, begun)
    else:
        kept = None if once and answer.status_code < 400 else _kept(answer)
        await run_in_threadpool(requests.finish, begun, answer.status_code, kept)
    return answer


async def _renewed(desk: Desk, begun: Begun, over: asyncio.Event) -> Begun:
    """Keeps the key for a request that takes long: only a dead process's is taken over. As it was last renewed."""
    while True:
        try:
            await asyncio.wait_for(over.wait(), RENEW_SECONDS)
        except TimeoutError:
            with suppress(StoreUnavailable):  # the next one tells again
                renewed = await run_in_threadpool(desk.store.requests.renew, begun, desk.now())
                begun = begun if renewed is None else renewed
        else:
            return begun


def _kept(answer: Response) -> dict[str, Any]:
    return {"body": json.loads(bytes(answer.body)), "media_type": answer.media_type}


def _replayed(kept: Kept) -> Response:
    if kept.answer is None:
        raise Problem(
            409,
            "answer-not-kept",
            "This was done already, and its answer held a secret that is shown once.",
            fix="Ask anew, with another Idempotency-Key.",
            headers={REPLAYED: "true"},
        )
    media_type = kept.answer["media_type"]
    return JSONResponse(kept.answer["body"], kept.status, headers={REPLAYED: "true"}, media_type=media_type)


def _taken(refusal: Refusal) -> Problem:
    if refusal.reused:
        return Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came with another request before.",
            fix="Give each request a key of its own; repeat one only with the same body.",
        )
    return Problem(
        409,
        "request-under-way",
        "The same request is under way.",
        fix="Ask again in a moment; the answer will be the same.",
        headers={"Retry-After": "2"},
    )
