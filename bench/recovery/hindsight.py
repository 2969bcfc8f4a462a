"""The best that could be done, played on the same world by somebody who is shown its truth.

`clairvoyant` knows everything, PIN and code included, and asks nobody. `best` knows the remote's hidden truth but goes
by the account's settings: a PIN or code comes from the person, or a PIN is set anew where the account allows it; it
asks at once whatever it will have to ask. `discovering` does the same, and pays: what no reading shows (`HIDDEN`) must
first be heard in the refusal of one registration each. The yardstick takes the registrations of `discovering` and the
time of `best`, so that it is never easier on us than either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from bench.recovery.person import Answer
from bench.recovery.stage import Stage
from linewright.simulator.faults import DOINGS, Fault

__all__ = ["HIDDEN", "Hindsight"]

HIDDEN = {
    "half_deregistered": "that an earlier deregistration was left half done",
    "outage": "that the registration server is down",
    "used_up": "that the phone is blocked for its attempts",
    "deleted": "that a deletion has not finished",
    "name_review": "that a name in review bars the registration (a reading shows the review, not whether it bars)",
    "verification_lapsed": "that the verification lapsed although it reads VERIFIED",
    "locked": "that too many PINs were guessed",
    "pin_too_soon": "that a PIN was entered a moment ago",
    "pin_wrong": "that a PIN somebody gave is wrong",
}
"""The troubles that no reading shows; to learn of each costs a registration."""
SPACING = timedelta(seconds=30)
FOREVER = 300
OWN_PIN = "730519"
AHEAD = timedelta(minutes=5)
"""So long before the person comes a code is sent: it is there, and still good, when they look."""


@dataclass(frozen=True)
class Obstacle:
    """What bars a registration now: until a moment, or until something is done."""

    name: str
    until: datetime | None = None
    shown: bool = False


class Hindsight:
    """Plays one world with its truth at hand."""

    def __init__(self, stage: Stage, *, everything: bool = False, pays: bool = False) -> None:
        self.stage, self.everything, self.pays = stage, everything, pays
        self.number, self.phone, self.clock = stage.number, stage.number.phone, stage.clock
        self.temper = stage.simulator.remote.temper
        self.found: set[str] = set()
        self.pin = stage.job.pin
        self.code = ""
        self.approved = self.asked = 0
        self.open: dict[str, tuple[str, datetime | None]] = {}
        self.last: datetime | None = None

    def run(self) -> str:
        headers = {"Authorization": f"Bearer {self.stage.job.token}"}
        with httpx.Client(transport=self.stage.wire, base_url="http://127.0.0.1:1/v25.0", headers=headers) as self.http:
            for _ in range(FOREVER):
                if self._online or self.clock.now() >= self.stage.ends:
                    break
                moments = self._step()
                if moments is None:
                    continue
                if not moments:
                    return "nothing can be done"
                self.clock.jump_to(min(moments))
        return "ok"

    @property
    def _online(self) -> bool:
        return self.number.registered and not self.number.certificate_fault

    def _step(self) -> list[datetime] | None:
        """Does one thing, or tells at which moments something may be done; an empty list is the end."""
        if self.number.state != "live" or self.number.on_biz_app or self.number.on_premise:
            return []
        if self._burns():
            self._register()
            return None
        barring = list(self._obstacles())
        known = [each for each in barring if each.shown or not self.pays or each.name in self.found]
        if not known:
            return self._try(barring)
        moments: list[datetime] = []
        for obstacle in known:
            if obstacle.until is not None:
                moments.append(obstacle.until)
                continue
            wait = getattr(self, f"_cure_{obstacle.name}")()
            if wait is None:
                return None
            moments += wait
        return moments

    def _try(self, barring: list[Obstacle]) -> list[datetime] | None:
        if self.pays and self.last is not None and self.clock.now() < self.last + SPACING:
            return [self.last + SPACING]
        if barring:
            self.found.add(barring[0].name)
        self._register()
        return None

    # What bars, in the order in which the remote looks

    def _obstacles(self) -> Iterator[Obstacle]:
        now, phone, number = self.clock.now(), self.phone, self.number
        for name, until in (
            ("outage", self._trap_until(133004)),
            ("deleted", self._trap_until(133015)),
            ("used_up", phone.register.blocked_until),
        ):
            if until is not None and now < until:
                yield Obstacle(name, until)
        recent = phone.register.within(now, self.temper)
        if len(recent) >= self.temper.attempt_limit:
            free = recent[-self.temper.attempt_limit] + timedelta(seconds=self.temper.attempt_window_seconds)
            yield Obstacle("used_up", free, shown=True)
        if phone.down_until is not None and now < phone.down_until:
            yield Obstacle("outage", phone.down_until)
        if number.deregisters_owed:
            yield Obstacle("half_deregistered")
        if phone.deletion_ends_at is not None and now < phone.deletion_ends_at:
            yield Obstacle("deleted", phone.deletion_ends_at)
        yield from self._name()
        if not number.verified:
            shown = number.shows.get("code_verification_status") != "VERIFIED"
            yield Obstacle("verification_lapsed", shown=shown)
        yield from self._pin_obstacles(now)

    def _name(self) -> Iterator[Obstacle]:
        number, now = self.number, self.clock.now()
        status = number.name_status_at(now)
        if number.name_effect == "none" or status == "APPROVED":
            return
        if status == "PENDING_REVIEW":
            yield Obstacle("name_review", number.name_decision.at if number.name_decision else None)
        else:
            yield Obstacle("name_declined", shown=True)

    def _pin_obstacles(self, now: datetime) -> Iterator[Obstacle]:
        phone = self.phone
        for name, until in (("locked", phone.locked_until), ("pin_too_soon", phone.pin_hold_until)):
            if until is not None and now < until:
                yield Obstacle(name, until)
        if phone.pin is None or self.everything or self.pin == phone.pin:
            return
        given = self.pin is not None
        yield Obstacle("pin_wrong", shown=not given)

    def _trap_until(self, code: int) -> datetime | None:
        for fault in self._traps():
            if fault.until is not None and isinstance(fault.error, dict) and fault.error.get("code") == code:
                return fault.until
        return None

    def _burns(self) -> bool:
        """Whether the next registration will not come through whatever is true: it is made at once, since it must
        be made some time."""
        now = self.clock.now()
        traps = [fault for fault in self._traps() if not fault.over(now)]
        return bool(traps) and traps[0].until is None and not DOINGS[traps[0].do].happens

    def _traps(self) -> list[Fault]:
        return [fault for fault in self.stage.traps if fault.on == "register"]

    # Cures: None when something was done, else the moments at which more can be done

    def _cure_half_deregistered(self) -> list[datetime] | None:
        down = self.phone.down_until
        if down is not None and self.clock.now() < down:
            return [down]
        self._post("deregister")
        if self.pays:
            self.found.discard("half_deregistered")
        return None

    def _cure_verification_lapsed(self) -> list[datetime] | None:
        if self.everything:
            self._send_code()
            self._post("verify_code", code=self.phone.codes[-1].text)
            return None
        if self.code:
            self._post("verify_code", code=self.code)
            return None
        answer = self._told("otp", ("value", "resend"))
        if isinstance(answer, list):
            return self._send_in_time(answer)
        self.code = answer.value if answer.kind == "value" else ""
        return None

    def _send_in_time(self, comes: list[datetime]) -> list[datetime] | None:
        """Sends a code shortly before the person comes, so that they find a good one and need not ask for it."""
        if not comes or self._code_lasts(comes[0]):
            return comes
        if self.clock.now() < comes[0] - AHEAD:
            return [comes[0] - AHEAD]
        self._send_code()
        return None

    def _cure_pin_wrong(self) -> list[datetime] | None:
        if self.approved or self.stage.job.pin_reset == "auto":
            self._post("", pin=OWN_PIN)
            if self.phone.pin == OWN_PIN:
                self.pin = OWN_PIN
            return None
        mistaken = self.stage.world.owner.pin == "is_mistaken_first" and not self.pays
        answer = self._told("approve" if mistaken else "pin", ("value", "approve", "done"))
        if isinstance(answer, list):
            return answer
        self.approved = answer.kind == "approve"
        if answer.kind == "value":
            self.pin = answer.value
            self.found.discard("pin_wrong")
        return None

    def _cure_name_declined(self) -> list[datetime] | None:
        answer = self._told("fix", ("done",))
        return answer if isinstance(answer, list) else None

    def _told(self, kind: str, answers: tuple[str, ...]) -> Answer | list[datetime]:
        """The answer, if the person has come; else when they will."""
        if kind not in self.open:
            self.asked += 1
            key = f"{kind} {self.asked}"
            self.open[kind] = key, self.stage.desk.ask(key, kind, answers)
        key, due = self.open[kind]
        if due is None:
            return []
        if self.clock.now() < due:
            return [due]
        del self.open[kind]
        return self.stage.desk.answer(key)

    # Calls

    def _code_lasts(self, until: datetime) -> bool:
        """Whether a code is under way that will still be good then."""
        return any(not code.used and code.expires_at > until for code in self.phone.codes)

    def _send_code(self) -> None:
        method = "VOICE" if "SMS" in self.phone.failing_methods else "SMS"
        self._post("request_code", code_method=method, language="en_US")

    def _register(self) -> None:
        pin = self.phone.pin if self.everything else self.pin
        self._post("register", messaging_product="whatsapp", pin=pin or OWN_PIN)
        self.last = self.clock.now()

    def _post(self, edge: str, **body: str) -> None:
        with suppress(httpx.HTTPError):
            self.http.post(f"/{self.number.id}/{edge}".rstrip("/"), json=body)
