"""The control door: what a test or a demo may see and do behind the remote's back."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from linewright.simulator.calls import LoggedCall, as_text
from linewright.simulator.couriers import Courier
from linewright.simulator.events import seen_of, told_by
from linewright.simulator.face import Face
from linewright.simulator.faults import Fault
from linewright.simulator.reading import shown_registered, why_not_online
from linewright.simulator.remote import Remote
from linewright.simulator.signup import sign_up
from linewright.simulator.truth import ACCOUNT_TRUTHS, KINDS, Account, Budget, NameDecision, Number, Temper, Token
from linewright.simulator.webhook_door import WebhookDoor

__all__ = ["Door"]

OTHER_TRUTH = frozenset({"id", "account", "phone", "place", "codes", "name_decision"})


class Door:
    """Plain functions behind `control.py`; times go in and out as JSON does (RFC 3339, seconds).

    `KeyError` is an unknown number, account or field, `ValueError` a value that will not do.
    """

    def __init__(self, face: Face) -> None:
        self.face = face
        self.remote: Remote = face.remote
        self.webhooks = WebhookDoor(face)

    def state(self) -> dict[str, Any]:
        """The clock, the seed, and everything that exists; of secrets only the tokens' fingerprints, and those of the
        apps, since a receiver of webhooks needs them."""
        remote, log = self.remote, self.face.log
        return {
            "now": as_text(remote.now()),
            "seed": remote.seed,
            "temper": _plain(asdict(remote.temper)),
            "faults": len(self.face.faults),
            "calls": len(log.since()),
            "apps": [
                {"id": app.id, "name": app.name, "secret": app.secret, "callback": app.callback}
                for app in remote.apps.values()
            ],
            "accounts": [_account(account) for account in remote.accounts.values()],
            "tokens": [
                {
                    "fingerprint": log.fingerprint(token.text),
                    "app": token.app,
                    "accounts": sorted(token.accounts),
                }
                for token in remote.tokens.values()
            ],
            "numbers": [self.number(number.id) for number in remote.numbers.values()],
        }

    def number(self, name: str) -> dict[str, Any]:
        """The truth of one number, named by id or E.164, its PIN included."""
        remote, number = self.remote, self.remote.find(name)
        phone, why = number.phone, why_not_online(remote, number)
        foreign = number.on_biz_app or number.on_premise or number.test_number
        return {
            "id": number.id,
            "e164": phone.e164,
            "display": number.display,
            "account": number.account,
            "name": number.name,
            "state": number.state,
            "registered": number.registered,
            "reads_registered": shown_registered(remote, number),
            "online": (why is None and number.registered) or number.on_biz_app,
            "why_not_online": None if number.on_biz_app else why,
            "ours": not foreign,
            "sends": _sends(number),
            "two_step": phone.pin is not None,
            "pin": phone.pin,
            "verified": number.verified,
            "deregisters_owed": number.deregisters_owed,
            "certificate_fault": number.certificate_fault,
            "on_biz_app": number.on_biz_app,
            "name_status": number.name_status_at(remote.now()),
            "migrating_from": number.migrating_from,
            "storage": number.storage or {"status": "DEFAULT"},
            "last_paid_at": as_text(number.last_paid_at),
            "first_write_at": as_text(phone.first_write_at),
            "locked_until": as_text(phone.locked_until),
            "pin_hold_until": as_text(phone.pin_hold_until),
            "down_until": as_text(phone.down_until),
            "deletion_ends_at": as_text(phone.deletion_ends_at),
            "code_hold_until": as_text(phone.code_hold_until),
            "wrong_pins": len(phone.wrong_pins),
            "register": self._budget(phone.register),
            "deregister": self._budget(phone.deregister),
            "code_requests": len(phone.code_requests),
        }

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock forward."""
        if seconds < 0:
            raise ValueError("advance_seconds must not be negative")
        self.remote.clock.advance(seconds)
        return {"now": as_text(self.remote.now())}

    def codes(self, e164: str) -> list[dict[str, Any]]:
        """The codes that have arrived at this phone, oldest first. Raises `KeyError` for an unknown phone."""
        now, phone = self.remote.now(), self.remote.phones[e164]
        return [
            {
                "code": code.text,
                "number": code.number_id,
                "method": code.method,
                "language": code.language,
                "sent_at": as_text(code.sent_at),
                "expires_at": as_text(code.expires_at),
                "used": code.used,
            }
            for code in phone.codes
            if code.arrives_at <= now
        ]

    def latest_code(self, e164: str) -> str:
        """The newest code that has arrived. Raises `KeyError` when there is none."""
        arrived = self.codes(e164)
        if not arrived:
            raise KeyError(e164)
        return str(arrived[-1]["code"])

    def add_courier(self, url: str, kind: str, secret: str | None = None, **manner: Any) -> dict[str, Any]:
        """A service that posts the text messages of phones to an address (see `Courier`). `secret` is what whoever
        receives them checks them with: made here unless it is given, of Telnyx the public key."""
        chance = self.remote.chance("courier", len(self.face.couriers.couriers))
        made = b64encode(chance.randbytes(32)).decode()
        courier = self.face.couriers.add(Courier(url, kind, secret or made, **manner))
        return {"kind": courier.kind, "url": courier.url, "secret": courier.shown}

    def send_text(self, to: str, text: str, **more: Any) -> dict[str, Any]:
        """A text message to a phone, by every courier that has it. `id` and `sent_at` as the courier tells them."""
        sent_at = more.pop("sent_at", None)
        moment = None if sent_at is None else self._moment(sent_at)
        return {"couriers": self.face.couriers.send(to, text, sent_at=moment, **more)}

    def manage(
        self,
        name: str,
        *,
        two_step: str | None = None,
        pin: str | None = None,
        delete: bool | dict[str, Any] = False,
        disconnect: bool = False,
    ) -> dict[str, Any]:
        """What the owner does in WhatsApp Manager: two-step off, another PIN, delete the number, or `disconnect` it
        from the app. Webhooks tell of all but the deletion.

        Deleting is refused for 30 days after the last paid message. `{"pin": …}` is the PIN that was typed for it,
        which a connected number asks for (`{}`: none was); `True` types the right one.
        """
        number = self.remote.find(name)
        if two_step not in (None, "off"):
            raise ValueError('two_step can only be turned "off" here; give a pin to turn it on')
        if two_step == "off":
            number.phone.pin = None
            self.webhooks.tells(number, "pin-reset-requested", "pin-request-succeeded")
        if pin is not None:
            number.phone.pin = str(pin)
            self.webhooks.tells(number, "pin-changed")
        if disconnect:
            number.registered, number.registration_changed_at = False, self.remote.now()
            self.webhooks.tells(number, ("partner-removed", {"reason": "ACCOUNT_DISCONNECTED"}))
        if delete is not False:
            typed = number.phone.pin if delete is True else delete.get("pin")
            self._refuse_deletion(number, typed)
            self.remote.remove(number)
            return {"id": number.id, "deleted": True}
        return self.number(number.id)

    def _refuse_deletion(self, number: Number, typed: str | None) -> None:
        hold = timedelta(seconds=self.remote.temper.paid_hold_seconds)
        if number.last_paid_at is not None and self.remote.now() < number.last_paid_at + hold:
            free = as_text(number.last_paid_at + hold)
            raise ValueError(f"it sent paid messages in the last 30 days: it can be deleted from {free} on")
        if number.registered and number.phone.pin is not None and typed != number.phone.pin:
            raise ValueError("a connected number is deleted only with its two-step PIN")

    def add_fault(
        self,
        on: str,
        do: str,
        *,
        number: str | None = None,
        times: int | None = None,
        every: int | None = None,
        until: datetime | float | str | None = None,
        error: int | dict[str, Any] | None = None,
    ) -> Fault:
        """Set a fault; `until` is a moment or a number of seconds from now."""
        moment = None if until is None else self._moment(until)
        return self.face.faults.add(Fault(on, do, number, times, every, moment, error))

    def clear_faults(self) -> None:
        self.face.faults.clear()

    def calls(self, since: int = 0, *, at: datetime | None = None) -> list[LoggedCall]:
        """The log after call number `since`, or from the moment `at` on."""
        return self.face.log.since(since, at=at)

    def add_account(self, name: str = "Account", *, id: str | None = None, **truth: Any) -> Account:
        account = self.remote.add_account(name, id=id)
        self._set(account, truth)
        return account

    def add_token(self, accounts: list[str], **truth: Any) -> Token:
        """A token; `expires_at` as a moment or seconds from now, `revoked` as a subcode of 190."""
        if truth.get("expires_at") is not None:
            truth["expires_at"] = self._moment(truth["expires_at"])
        revoked = truth.pop("revoked", None)
        token = self.remote.add_token(accounts, **truth)
        token.revoked = revoked
        return token

    def sign_up(self, **told: Any) -> dict[str, Any]:
        """What a customer does in Embedded Signup; see `signup.sign_up`."""
        return sign_up(self.remote, **told)

    def add_number(self, account: str, e164: str, *, id: str | None = None, **truth: Any) -> Number:
        """A number with these truths; see `Number` and `Phone` for the names."""
        return self.remote.add_number(account, e164, id=id, **self._truths(truth))

    def change_number(self, name: str, **truth: Any) -> dict[str, Any]:
        """Change what is true of a number or of the phone behind it."""
        number = self.remote.find(name)
        decision = truth.pop("name_decision", None)
        before = seen_of(number, self.remote.now())
        self.remote.change(number, self._truths(truth))
        self.webhooks.tells(number, *told_by(number, before, self.remote.now()))
        if decision is not None:
            number.name_decision = NameDecision(self._moment(decision["at"]), str(decision["status"]))
            later = {"APPROVED": "name-approved", "DECLINED": "name-declined"}.get(number.name_decision.status)
            if later is not None:
                self.webhooks.tells(number, (later, {"at": number.name_decision.at}))
        return self.number(number.id)

    def change_account(self, name: str, **truth: Any) -> dict[str, Any]:
        """Change what is true of an account (see `Account` for the names); of `locked` and `number_limit` a webhook
        tells."""
        account = self.remote.accounts[name]
        was, limit = account.locked, account.number_limit
        self._set(account, truth)
        if account.locked != was:
            self.face.webhooks.happens("disabled" if account.locked else "reinstated", account)
        if account.number_limit not in (limit, None):
            self.face.webhooks.happens("capability", account, numbers=account.number_limit)
        return _account(account)

    def change_temper(self, **settings: Any) -> dict[str, Any]:
        """Change how strict and how unkind the remote is; see `Temper` for the names."""
        for name, value in settings.items():
            if name not in Temper.__dataclass_fields__:
                raise KeyError(name)
            if name == "registration_down_until" and value is not None:
                value = self._moment(value)
            kind = type(getattr(self.remote.temper, name))
            setattr(self.remote.temper, name, kind(value) if kind in (tuple, frozenset) else value)
        return _plain(asdict(self.remote.temper))

    def _set(self, account: Account, truth: dict[str, Any]) -> None:
        for field, value in truth.items():
            if field not in ACCOUNT_TRUTHS:
                raise KeyError(field)
            setattr(account, field, frozenset(value) if field == "hides" else value)

    def _truths(self, truth: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in truth.items():
            if name in OTHER_TRUTH or name not in KINDS:
                raise KeyError(name)
            found[name] = self._typed(name, value)
        return found

    def _typed(self, name: str, value: Any) -> Any:
        kinds = KINDS[name]
        if value is not None and datetime in kinds:
            return self._moment(value)
        if frozenset in kinds:
            return frozenset(value)
        if Budget in kinds and isinstance(value, dict):
            until = value.get("blocked_until")
            used = [self._moment(at) for at in value.get("used", [])]
            return Budget(used, None if until is None else self._moment(until))
        return value

    def _moment(self, given: datetime | float | str) -> datetime:
        if isinstance(given, datetime):
            return given
        if isinstance(given, str):
            moment = datetime.fromisoformat(given)
            if moment.tzinfo is None:
                raise ValueError("a moment needs its time zone")
            return moment
        return self.remote.now() + timedelta(seconds=given)

    def _budget(self, budget: Budget) -> dict[str, Any]:
        now, temper = self.remote.now(), self.remote.temper
        used = budget.within(now, temper)
        blocked = budget.blocked_until if budget.blocked_until and budget.blocked_until > now else None
        return {"used": len(used), "limit": temper.attempt_limit, "blocked_until": as_text(blocked)}


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "numbers": len(account.numbers),
        "subscribed": sorted(account.subscribed),
        **{name: _json(getattr(account, name)) for name in sorted(ACCOUNT_TRUTHS)},
    }


def _json(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _sends(number: Number) -> str:
    if not number.registered and not number.on_biz_app:
        return "133010"
    return "131045" if number.certificate_fault else "ok"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    plain = {}
    for name, value in values.items():
        value = sorted(value) if isinstance(value, frozenset) else value
        plain[name] = as_text(value) if isinstance(value, datetime) else value
    return plain
