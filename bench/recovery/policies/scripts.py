"""What people do instead, as such scripts are written: httpx, a PIN in a variable, and the answer as it comes.

Each is called with the job, a client, a `sleep` and the desk. All know that thirty seconds should lie between two
registrations; only the last one reads the errors page, and asks the person as that page says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import httpx
import tenacity

__all__ = ["Person", "Script", "deregister_first", "fresh_pin", "retry_five", "retry_ten", "single_shot"]

VERSION = "v25.0"
ROUNDS = 4
SPACING = 35.0
MADE_UP = "594217"
"""The PIN of a script whose user gave none: a constant somewhere in its settings."""
FRESH = ("830462", "159738", "604891", "275306", "918364", "447029", "360815", "782154")


class Person(Protocol):
    """Somebody who can be asked."""

    def ask(self, key: str, kind: str, answers: Sequence[str], *, offer: bool = False) -> datetime | None: ...
    def answer(self, key: str) -> Any: ...


class Job(Protocol):
    @property
    def token(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def pin(self) -> str | None: ...


Sleep = Callable[[float], None]
Script = Callable[[Job, httpx.Client, Sleep, Person, Callable[[], datetime]], str]


class Refused(Exception):
    """The remote said no. `code` is the error's, 0 for an answer that holds none."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _post(http: httpx.Client, job: Job, edge: str, **body: str) -> None:
    path = f"/{VERSION}/{job.number}/{edge}".rstrip("/")
    response = http.post(path, json=body, headers={"Authorization": f"Bearer {job.token}"})
    if response.is_success:
        return
    try:
        code = int(response.json()["error"]["code"])
    except (ValueError, KeyError):
        code = 0
    raise Refused(code)


def _register(http: httpx.Client, job: Job, pin: str | None = None) -> None:
    _post(http, job, "register", messaging_product="whatsapp", pin=pin or job.pin or MADE_UP)


def single_shot(job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> str:
    """What a library offers: one call, and its error is yours."""
    try:
        _register(http, job)
    except Refused as refused:
        return str(refused.code)
    except httpx.HTTPError:
        return "answer lost"
    return "ok"


def _retried(times: int) -> Script:
    """Exponential retry: 30 s, 1, 2, 4 … minutes; ten tries go over four hours."""

    def run(job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> str:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(times),
            wait=tenacity.wait_exponential(multiplier=SPACING),
            retry=tenacity.retry_if_exception_type((Refused, httpx.HTTPError)),
            sleep=sleep,
            reraise=True,
        )
        try:
            retrying(_register, http, job)
        except Refused as refused:
            return str(refused.code)
        except httpx.HTTPError:
            return "answer lost"
        return "ok"

    return run


retry_five, retry_ten = _retried(5), _retried(10)


def deregister_first(job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> str:
    """Register; on any failure deregister and register again, a few rounds with some patience."""
    said = "ok"
    for turn in range(ROUNDS):
        try:
            _register(http, job)
        except (Refused, httpx.HTTPError) as failure:
            said = str(failure.code) if isinstance(failure, Refused) else "answer lost"
        else:
            return "ok"
        sleep(SPACING * 2**turn)
        with suppress(Refused, httpx.HTTPError):  # whatever it was, it is now gone, such scripts hope
            _post(http, job, "deregister")
        sleep(SPACING)
    return said


def fresh_pin(job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> str:
    """A fresh random PIN each time: the first with whatever was given, then new ones, with backoff."""
    said = "ok"
    for turn, pin in enumerate((job.pin, *FRESH)):
        try:
            _register(http, job, pin)
        except (Refused, httpx.HTTPError) as failure:
            said = str(failure.code) if isinstance(failure, Refused) else "answer lost"
        else:
            return "ok"
        sleep(SPACING * 2**turn)
    return said
