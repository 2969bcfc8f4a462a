"""The rules of the remote: what each call does to a number, and when it is refused.

Read `Remote.register` first. The order of its checks is the order in which the refusals show:

    malformed PIN (100) → not ours to register (100, 131031) → budget (133016) → server down (133004)
    → half deregistered (133000) → deletion unfinished (133015) → signed up too long ago (100)
    → name in review (100/2388001)
    → verification needed (133006) → PIN locked (133008) → PIN too soon (133009) → PIN wrong (133005) → ok

Everything about the PIN, the budgets, the codes and a deletion belongs to the phone; being registered and
verified belongs to the number, which is one id of that phone in one account. Every call here has passed the
gate (token, permission, existence); what it returns is the body of a 200, and a `Refusal` is anything else.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from linewright.simulator.codes import Refusal
from linewright.simulator.migration import Migrations
from linewright.simulator.signup import refuse_late_register
from linewright.simulator.truth import Account, Number, OneTimeCode, Phone

__all__ = ["Remote", "Sent"]

OK: dict[str, Any] = {"success": True}
STORAGE = ("DEFAULT", "IN_COUNTRY_STORAGE_ENABLED", "IN_COUNTRY_STORAGE_DISABLED", "NO_STORAGE_ENABLED")
SMB_REGISTER = "Register endpoint is not available for SMB businesses."
SMB_DEREGISTER = "Deregister endpoint is not available for API solution for SMB businesses."
TOO_EARLY = (
    "Before override the current callback uri, your app must be subscribed to receive messages for WhatsApp "
    "Business Account"
)
TAKEN = "(#100) This phone number is registered with another WhatsApp Business Account"
NOT_LINKED = "Phone number is not currently linked in Facebook Hosted System"


class Sent:
    """The parameters of one call, from query, form and body together, and its Graph version."""

    def __init__(self, values: dict[str, Any], version: float) -> None:
        self.values = values
        self.version = version

    def text(self, name: str) -> str | None:
        """A parameter as text; a number sent as JSON is taken by its digits."""
        value = self.values.get(name)
        return None if value is None or isinstance(value, dict | list) else str(value)

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Refusal(100, message="(#100) The parameter {name} is required.", name=name)
        return value

    def structure(self, name: str) -> Any:
        """A parameter that holds JSON, whether it came as JSON or as text."""
        value = self.values.get(name)
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                return None
        return value

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "1")


class Remote(Migrations):
    """The world, and what the calls do to it."""

    def register(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Bring the number online. On a registered number it checks the PIN and changes nothing else.

        It does cure a certificate fault. While two-step verification is off, the PIN becomes the PIN.
        """
        now, phone = self.now(), number.phone
        self.first_write(phone)
        if sent.needed("messaging_product") != "whatsapp":
            raise Refusal(100, message="(#100) Param messaging_product must be one of {{WHATSAPP}}")
        becomes = phone.pin is None and not number.registered and not self.temper.pin_retired
        pin = self._pin(sent, becomes=becomes)
        if sent.version >= 21 and "data_localization_region" in sent.values:
            raise Refusal(100, message="(#100) Unexpected parameter data_localization_region")
        self._refuse_foreign(number, SMB_REGISTER)
        if not phone.register.spend(now, self.temper):
            raise Refusal(133016)
        self._refuse_when_down(phone)
        if number.deregisters_owed:
            raise Refusal(133000)
        if _running(phone.deletion_ends_at, now):
            raise Refusal(133015)
        refuse_late_register(self, number)
        without_name = number.name_effect != "none" and number.name_status_at(now) != "APPROVED"
        if without_name and number.name_effect == "refuse":
            raise Refusal(100, 2388001)
        if not number.verified:
            raise Refusal(133006)
        self._check_pin(number, pin)
        number.certificate_fault = False
        if not number.registered and not without_name:
            self._go_online(number)
        return OK

    def deregister(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Take the number offline, or finish a deregistration left half done. Switches local storage off."""
        now, phone = self.now(), number.phone
        self.first_write(phone)
        self._refuse_foreign(number, SMB_DEREGISTER)
        if not phone.deregister.spend(now, self.temper):
            raise Refusal(133016)
        self._refuse_when_down(phone)
        if number.deregisters_owed:
            number.deregisters_owed -= 1
        elif not number.registered:
            raise self._not_registered(number)
        if number.registered:
            number.registered = False
            number.registration_changed_at = now
        number.certificate_fault = False
        number.storage = {}
        return OK

    def request_code(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Send a code to the phone. Too soon: 2388091. Quota used up: 2388367, and each call starts it anew."""
        now, phone, temper = self.now(), number.phone, self.temper
        self.first_write(phone)
        method, language = sent.needed("code_method").upper(), sent.needed("language")
        if method not in ("SMS", "VOICE"):
            raise Refusal(100, message="(#100) Param code_method must be one of {{SMS, VOICE}}")
        if number.on_biz_app or number.on_premise:
            raise Refusal(136024, 2388091, user="code-not-sent-wait", wait=3600)
        if number.verified:
            raise Refusal(136024)
        if self.line_is_elsewhere(number):
            raise Refusal(136024, 2388091)
        window = timedelta(seconds=temper.code_quota_window_seconds)
        recent = [at for at in phone.code_requests if now - at < window]
        phone.code_requests = [*recent, now]
        if _running(phone.code_hold_until, now) or len(recent) >= temper.code_quota:
            phone.code_hold_until = now + timedelta(seconds=temper.code_hold_seconds)
            raise Refusal(136024, 2388367)
        if recent and now - recent[-1] < timedelta(seconds=temper.code_spacing_seconds):
            raise Refusal(136024, 2388091)
        if method in phone.failing_methods:
            raise Refusal(136024, 2388091, user="code-not-sent-wait", wait=3600)
        phone.codes.append(self._new_code(number, method, language))
        return OK

    def verify_code(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Take the newest code of this number: six digits, once, within its time, after few wrong guesses."""
        now, phone = self.now(), number.phone
        self.first_write(phone)
        given = sent.needed("code")
        if len(given) != 6 or not given.isdecimal():
            raise Refusal(100, message="(#100) Param code must be a string of six digits")
        if number.verified:
            raise Refusal(136025)
        if self.line_is_elsewhere(number):
            raise Refusal(136025, 2388093)
        codes = [code for code in phone.codes if code.number_id == number.id]
        if not codes:
            raise Refusal(136025, 2388093)
        code = codes[-1]
        if now >= code.expires_at:
            raise Refusal(136025, 2388093, user="code-too-old")
        if code.used or code.wrong_guesses >= self.temper.code_guesses or given != code.text:
            code.wrong_guesses += 1
            raise Refusal(136025, 2388093)
        code.used = True
        number.verified = True
        number.shows.pop("code_verification_status", None)
        return OK

    def set_pin(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Set or replace the PIN without the old one. It neither ends a lock nor counts as entering a PIN."""
        self.first_write(number.phone)
        pin = self._pin(sent, becomes=True)
        self._refuse_foreign(number, "(#100) Missing Permission")
        if not self.temper.pin_retired:
            number.phone.pin = pin
        return OK

    def read_settings(self, number: Number, sent: Sent) -> dict[str, Any]:
        return {"storage_configuration": number.storage or {"status": "DEFAULT"}}

    def settings(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Choose where messages are stored; from v21 on only while the number is not registered."""
        wanted = sent.structure("storage_configuration")
        if not isinstance(wanted, dict) or wanted.get("status") not in STORAGE:
            raise Refusal(100, message="(#100) Param storage_configuration is not valid")
        if sent.version >= 21 and number.registered:
            raise Refusal(100, details="storage-registered")
        keeps = wanted["status"] in ("IN_COUNTRY_STORAGE_ENABLED", "NO_STORAGE_ENABLED")
        number.storage = dict(wanted) if keeps else {}
        return OK

    def send(self, number: Number, sent: Sent) -> dict[str, Any]:
        """Send a message; only the truth of the registration is played here, nothing is delivered.

        A template is a paid message.
        """
        sent.needed("messaging_product")
        to = sent.needed("to")
        if self.accounts[number.account].locked or number.state == "BANNED":
            raise Refusal(131031)
        if not number.registered:
            raise Refusal(133010)
        if number.certificate_fault:
            raise Refusal(131045)
        if sent.text("type") == "template":
            number.last_paid_at = self.now()
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
            "messages": [{"id": f"wamid.{self._new_id(400)}"}],
        }

    def create(self, account: Account, sent: Sent) -> dict[str, Any]:
        """Add a phone to the account, unverified; with `migrate_phone_number` from another account, name and all."""
        country = sent.text("cc") or sent.needed("country_code")
        e164, moves = _e164(country, sent.needed("phone_number")), sent.flag("migrate_phone_number")
        name = sent.text("verified_name") if moves else sent.needed("verified_name")
        if name is not None and not 2 <= len(name) <= 75:
            raise Refusal(100, message="(#100) Param verified_name must have 2 to 75 characters")
        if not account.may_create:
            raise Refusal(200000, 3095008)
        holders = [each for each in self.numbers.values() if each.phone.e164 == e164 and each.state == "live"]
        if any(each.account == account.id for each in holders):
            raise self.migration_refusal(2388012, e164, "already-listed")
        source = next(iter(holders), None)
        if moves:
            self.refuse_migration(source, account, e164)
        elif source is not None:
            raise Refusal(100, message=TAKEN)
        if account.number_limit is not None and len(account.numbers) >= account.number_limit:
            raise Refusal(200000)
        number = self.add_number(account.id, e164)
        number.name = source.name if moves and source is not None else name or number.name
        number.verified = number.registered = number.ever_registered = number.certificate_fault = False
        number.last_onboarded_at = None
        number.shows.clear()
        number.migrating_from = source.id if source is not None else None
        return {"id": number.id}

    def subscriptions(self, account: Account) -> dict[str, Any]:
        """The apps that hear of this account."""
        found = []
        for app_id, override in account.subscribed.items():
            app = self.apps[app_id]
            link = f"https://www.facebook.com/games/?app_id={app.id}"
            found.append({"whatsapp_business_api_data": {"id": app.id, "link": link, "name": app.name}} | override)
        return {"data": found}

    def subscribe(self, account: Account, app: str, sent: Sent) -> dict[str, Any]:
        """Subscribe the token's app; another callback address only once it is subscribed and answers a handshake."""
        override = self.override_of(account, app, sent)
        account.subscribed[app] = {"override_callback_uri": override[0]} if override else {}
        return OK

    def override(self, number: Number, app: str, sent: Sent) -> dict[str, Any]:
        """Another callback address for this number alone; an empty one takes it back."""
        override = self.override_of(self.accounts[number.account], app, sent)
        number.callbacks.pop(app, None)
        if override:
            number.callbacks[app] = override[0]
        return OK

    def override_of(self, account: Account, app: str, sent: Sent) -> tuple[str, str] | None:
        """The address that an override names, and the token for its handshake. Refuses one that comes too early, is
        too long, or has no token."""
        given = sent.structure("webhook_configuration")
        sent = Sent(given, sent.version) if isinstance(given, dict) else sent
        callback = sent.text("override_callback_uri")
        if callback and app not in account.subscribed:
            raise Refusal(100, message=TOO_EARLY)
        if callback and len(callback) > 200:
            raise Refusal(100, message="(#100) Param override_callback_uri must be at most 200 characters")
        return (callback, sent.needed("verify_token")) if callback else None

    def unsubscribe(self, account: Account, app: str) -> dict[str, Any]:
        account.subscribed.pop(app, None)
        return OK

    def _go_online(self, number: Number) -> None:
        number.registered = number.ever_registered = True
        self.accounts[number.account].active = True
        number.registration_changed_at = number.last_onboarded_at = self.now()
        source = self.numbers.get(number.migrating_from or "")
        number.migrating_from = number.signed_up_at = None
        if source is not None:
            source.registered = False
            source.state = "MIGRATED"

    def _refuse_foreign(self, number: Number, smb_text: str) -> None:
        if self.accounts[number.account].locked or number.state == "BANNED":
            raise Refusal(131031)
        if number.state != "live":
            raise Refusal(100, 33, method="post", id=number.id)
        if number.on_biz_app or number.on_premise:
            raise Refusal(100, message=smb_text)
        if number.test_number:
            raise Refusal(10)

    def _refuse_when_down(self, phone: Phone) -> None:
        now = self.now()
        if _running(phone.down_until, now) or _running(self.temper.registration_down_until, now):
            raise Refusal(133004)

    def _not_registered(self, number: Number) -> Refusal:
        ways: dict[str, Refusal] = {
            "2207051": Refusal(100, 2207051),
            "133010": Refusal(133010),
            "not_linked": Refusal(100, message=NOT_LINKED),
        }
        by_chance = self.chance("not-registered", number.id).choice(list(ways))
        return ways[number.deregister_answer or by_chance]

    def _pin(self, sent: Sent, *, becomes: bool) -> str:
        pin = sent.needed("pin")
        if len(pin) != 6 or not (pin.isascii() and pin.isdecimal()):
            raise Refusal(100, 2388092, user="pin-format")
        if becomes and self.temper.weak_pins_refused and _weak(pin):
            raise Refusal(100, 2388092)
        return pin

    def _check_pin(self, number: Number, pin: str) -> None:
        now, phone, temper = self.now(), number.phone, self.temper
        if temper.pin_retired:
            return
        if phone.locked_until is not None and now < phone.locked_until:
            raise Refusal(133008, wait=(phone.locked_until - now).total_seconds())
        wait = self._pin_wait(phone)
        if wait > 0:
            phone.last_pin_at = now
            raise Refusal(133009, wait=max(wait, temper.pin_spacing_seconds))
        if phone.pin is None:
            phone.pin = None if number.registered else pin
            return
        phone.last_pin_at = now
        if pin != phone.pin:
            raise self._wrong_pin(phone)
        phone.wrong_pins = []

    def _pin_wait(self, phone: Phone) -> float:
        now, free = self.now(), []
        if phone.pin_hold_until is not None:
            free.append(phone.pin_hold_until)
        if phone.pin is not None and phone.last_pin_at is not None:
            free.append(phone.last_pin_at + timedelta(seconds=self.temper.pin_spacing_seconds))
        return max(((at - now).total_seconds() for at in free), default=0.0)

    def _wrong_pin(self, phone: Phone) -> Refusal:
        now, temper = self.now(), self.temper
        window = timedelta(seconds=temper.pin_guess_window_seconds)
        phone.wrong_pins = [*(at for at in phone.wrong_pins if now - at < window), now]
        if len(phone.wrong_pins) < temper.pin_guesses:
            return Refusal(133005)
        phone.wrong_pins = []
        phone.locked_until = now + timedelta(seconds=temper.pin_lock_seconds)
        return Refusal(133008, wait=temper.pin_lock_seconds)

    def _new_code(self, number: Number, method: str, language: str) -> OneTimeCode:
        now, temper = self.now(), self.temper
        chance = self.chance("code", number.phone.e164, len(number.phone.codes))
        return OneTimeCode(
            text=f"{chance.randrange(1_000_000):06d}",
            number_id=number.id,
            method=method,
            language=language,
            sent_at=now,
            arrives_at=now + timedelta(seconds=temper.code_delay_seconds),
            expires_at=now + timedelta(seconds=temper.code_valid_seconds),
        )


def _running(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until


def _weak(pin: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return steps in ({0}, {1}, {-1})


def _e164(country: str, national: str) -> str:
    country = country.strip().lstrip("+")
    digits = "".join(each for each in national if each.isdecimal())
    whole = digits if national.strip().startswith("+") else country + digits
    if not country.isdecimal() or not 8 <= len(whole) <= 15:
        raise Refusal(100, message="(#100) Param phone_number is not a valid phone number")
    return "+" + whole
