"""The errors page as a script: what a good developer writes in a day with the page of nine errors beside them.

It is here so that nobody can say that only straw men were beaten: it reads before it writes, waits as the page says or
as the text tells, asks the person for PIN and code, deregisters only for 133000, waits while a name is in review, asks
for another when it was declined, and reads after a 200 whether the number is connected. What it has not: a memory of
what was refused or spent, and a rule for lost answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx

from bench.recovery.policies.scripts import MADE_UP, SPACING, VERSION, Job, Person, Sleep

__all__ = ["errors_page"]

ROUNDS = 14
NEW_PIN = "730519"
UNITS = {"second": 1, "minute": 60, "hour": 3600}
WAITS = {133004: (60, 300, 1200, 3600, 14400), 133008: (43200,), 133009: (60, 300), 133015: (300, 600)}
BLOCKED = 72 * 3600
NAME_LOOKS, MOST_LOOKS = 6 * 3600, 28
READS = 3
SETTLES = (15, 60, 300)
"""Seconds after a 200 at which it looks whether the number is connected."""


class _Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


class _Script:
    def __init__(self, job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> None:
        self.job, self.http, self.sleep, self.person, self.now = job, http, sleep, person, now
        self.pin = job.pin
        self.asked = 0
        self.met: dict[int, int] = {}

    def run(self) -> str:
        try:
            seen = self._read()
            if seen.get("code_verification_status") == "NOT_VERIFIED" and "last_onboarded_time" not in seen:
                self._verify()
            if self.pin is None and seen.get("is_pin_enabled"):
                self._ask_pin()
            return self._rounds()
        except _Stop as stop:
            return str(stop)

    def _rounds(self) -> str:
        said = "ok"
        for _ in range(ROUNDS):
            try:
                self._call("/register", messaging_product="whatsapp", pin=self.pin or MADE_UP)
            except _Refused as refused:
                said = str(refused.code)
                self._cure(refused)
            except httpx.HTTPError:
                said = "answer lost"
                self.sleep(60)
            else:
                if self._connected():
                    return "ok"
                said = "not connected after a 200"
                self._while_in_review()
        return said

    def _cure(self, refused: _Refused) -> None:
        code = refused.code
        times = self.met[code] = self.met.get(code, 0) + 1
        if code == 133000:
            self._quietly("/deregister")
            self.sleep(SPACING)
        elif code == 133005:
            self._ask_pin()
            self.sleep(60)
        elif code == 133006:
            self._verify()
            self.sleep(SPACING)
        elif code == 133016:
            self.sleep(BLOCKED)
        elif code in (100, 2388001) and self._while_in_review():
            self.sleep(SPACING)
        elif code in WAITS or code in (1, 2, 4, 131000, 131016, 131057, 80007, 80008, 0):
            ladder = WAITS.get(code, (60, 300, 1800))
            self.sleep(_told(refused.text) or ladder[min(times, len(ladder)) - 1])
        else:
            raise _Stop(str(code))

    def _connected(self) -> bool:
        """The proof after a 200."""
        for pause in SETTLES:
            self.sleep(pause)
            if self._read().get("status") == "CONNECTED":
                return True
        return False

    def _while_in_review(self) -> bool:
        """Waits until the display name is decided, and asks for another where it was declined; whether it did so."""
        acted = False
        for _ in range(MOST_LOOKS):
            status = self._read().get("name_status")
            if status == "PENDING_REVIEW":
                self.sleep(NAME_LOOKS)
            elif status == "DECLINED":
                self._asked("fix", ("done",))
            else:
                break
            acted = True
        return acted

    def _ask_pin(self) -> None:
        answer = self._asked("pin", ("value", "approve", "done"))
        if answer.kind == "value":
            self.pin = answer.value
        elif answer.kind == "approve":
            self.pin = NEW_PIN
            self._quietly("", pin=NEW_PIN)
        else:
            self.pin = MADE_UP

    def _verify(self) -> None:
        """Asks for a code until one was taken, by voice when the SMS fails; the person says when they are there."""
        method = "SMS"
        for _ in range(4):
            try:
                self._call("/request_code", code_method=method, language="en_US")
            except _Refused as refused:
                method = "VOICE" if method == "SMS" else "SMS"
                self.sleep(_told(refused.text) or 600)
                continue
            except httpx.HTTPError:
                self.sleep(60)
                continue
            answer = self._asked("otp", ("value", "resend"))
            if answer.kind == "value" and self._quietly("/verify_code", code=answer.value):
                return
            self.sleep(60)
        raise _Stop("133006")

    def _asked(self, kind: str, answers: tuple[str, ...]) -> Any:
        self.asked += 1
        key = f"{kind} {self.asked}"
        due = self.person.ask(key, kind, answers)
        if due is None:
            raise _Stop(f"nobody answered: {kind}")
        self.sleep(max((due - self.now()).total_seconds(), 0))
        return self.person.answer(key)

    def _read(self) -> dict[str, object]:
        fields = "id,status,name_status,code_verification_status,last_onboarded_time,is_pin_enabled"
        for _ in range(READS):
            with suppress(httpx.HTTPError, ValueError):
                path = f"/{VERSION}/{self.job.number}"
                response = self.http.get(path, params={"fields": fields}, headers=self._headers)
                if response.is_success:
                    return dict(response.json())
            self.sleep(60)
        return {}

    def _quietly(self, edge: str, **body: str) -> bool:
        try:
            self._call(edge, **body)
        except (_Refused, httpx.HTTPError):
            return False
        return True

    def _call(self, edge: str, **body: str) -> None:
        response = self.http.post(f"/{VERSION}/{self.job.number}{edge}", json=body, headers=self._headers)
        if response.is_success:
            return
        try:
            error = response.json()["error"]
        except (ValueError, KeyError):
            raise _Refused(0, "") from None
        words = (error.get("error_data") or {}).get("details") or error.get("error_user_msg") or ""
        raise _Refused(int(error["code"]), words)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.job.token}"}


class _Stop(Exception):
    """The page has no step for this, or nobody answers."""


def errors_page(job: Job, http: httpx.Client, sleep: Sleep, person: Person, now: Callable[[], datetime]) -> str:
    """The errors page, step by step."""
    return _Script(job, http, sleep, person, now).run()


def _told(text: str) -> float | None:
    found = re.search(r"(\d+) (second|minute|hour)s?", text)
    return int(found[1]) * UNITS[found[2]] + 10.0 if found and int(found[1]) else None
