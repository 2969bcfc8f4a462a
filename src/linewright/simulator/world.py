"""What exists at the remote: apps, accounts, tokens, phones and numbers, and how they come into being."""

from __future__ import annotations

import bisect
import hashlib
import random
import string
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import phonenumbers

from linewright.simulator.magic import magic_of
from linewright.simulator.time import Clock
from linewright.simulator.truth import ALL_SCOPES, Account, App, Number, Phone, SignupCode, Temper, Token

__all__ = ["PHONE_FIELDS", "World"]

PHONE_FIELDS = frozenset(each.name for each in fields(Phone)) - {"e164"}


class World:
    """Everything that exists, on one clock and one seed.

    Each choice is drawn from the seed, the phone and the count of its calls, so that what happens to one phone
    does not change how another is treated, and the same calls meet the same words again.
    """

    def __init__(self, clock: Clock, *, seed: int = 0, temper: Temper | None = None) -> None:
        self.clock = clock
        self.seed = seed
        self.temper = temper or Temper()
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.signup_codes: dict[str, SignupCode] = {}
        self.phones: dict[str, Phone] = {}
        self.numbers: dict[str, Number] = {}
        self._ids = 0

    def now(self) -> datetime:
        return self.clock.now()

    def chance(self, *about: object) -> random.Random:
        """A source of choices that depends on the seed and on `about`, and on nothing else."""
        text = "|".join(str(each) for each in (self.seed, *about))
        return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - repeatable, not secret

    def add_app(self, name: str = "Demo app") -> App:
        secret = f"{self.chance('app secret', len(self.apps)).getrandbits(128):032x}"
        app = App(self._new_id(200), name, secret)
        self.apps[app.id] = app
        return app

    def add_account(self, name: str = "Demo account", *, id: str | None = None) -> Account:
        account = Account(id or self._new_id(100), name)
        self.accounts[account.id] = account
        return account

    def add_token(
        self,
        accounts: Iterable[str],
        *,
        text: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] = ALL_SCOPES,
        expires_at: datetime | None = None,
    ) -> Token:
        """A token for these accounts; its text begins with EAA and is drawn from the seed unless given."""
        holder = app or (next(iter(self.apps)) if self.apps else self.add_app().id)
        letters = self.chance("token", len(self.tokens)).choices(string.ascii_letters + string.digits, k=48)
        token = Token(
            text=text or "EAAG" + "".join(letters),
            app=holder,
            accounts=set(accounts),
            scopes=frozenset(scopes),
            expires_at=expires_at,
            issued_at=self.now(),
        )
        self.tokens[token.text] = token
        return token

    def add_number(self, account: str, e164: str, *, id: str | None = None, **truth: Any) -> Number:
        """A number of `account`, with its magic truth, if its last six digits name one, and then `truth`.

        `truth` takes the fields of `Number` and of `Phone`. A number of a registered truth starts settled.
        """
        phone = self.phone(e164)
        number_id = id or self._new_id(300)
        number = Number(
            id=number_id,
            account=account,
            phone=phone,
            display=_display(e164),
            name=f"Line {e164[-4:]}",
            place=self._ids,
        )
        self._apply_magic(number)
        self.change(number, truth)
        if number.ever_registered and number.last_onboarded_at is None:
            number.last_onboarded_at = self.now() - timedelta(days=40)
        self.numbers[number.id] = number
        self.accounts[account].numbers.append(number.id)
        return number

    def change(self, number: Number, truth: dict[str, Any]) -> None:
        """Set fields of the number, or of the phone behind it. Raises `KeyError` for a field neither has."""
        for name, value in truth.items():
            owner: object = number.phone if name in PHONE_FIELDS else number
            if not hasattr(owner, name):
                raise KeyError(name)
            setattr(owner, name, value)
        if number.registered:
            self.accounts[number.account].active = number.ever_registered = True

    def phone(self, e164: str) -> Phone:
        """The phone of this E.164 form; a new one has no history."""
        return self.phones.setdefault(e164, Phone(e164))

    def find(self, name: str) -> Number:
        """A number by id or E.164 (then the newest id of that phone). Raises `KeyError`."""
        if name in self.numbers:
            return self.numbers[name]
        ids = [number for number in self.numbers.values() if number.phone.e164 == name]
        if not ids:
            raise KeyError(name)
        return ids[-1]

    def remove(self, number: Number) -> None:
        """Delete the number from its account; the phone is free again when the deletion has finished."""
        seconds = timedelta(seconds=self.temper.deletion_seconds)
        number.phone.deletion_ends_at = self.now() + seconds
        self.accounts[number.account].numbers.remove(number.id)
        del self.numbers[number.id]

    def page(self, account: Account, *, after: int, before: int | None, limit: int) -> list[Number]:
        """At most `limit` numbers whose place lies after `after`, or the last ones before `before`."""
        places = account.numbers
        start = bisect.bisect_right(places, after, key=lambda each: self.numbers[each].place)
        end = start + limit
        if before is not None:
            end = bisect.bisect_left(places, before, key=lambda each: self.numbers[each].place)
            start = max(start, end - limit)
        return [self.numbers[each] for each in places[start:end]]

    def _new_id(self, prefix: int) -> str:
        self._ids += 1
        return f"{prefix}{self._ids:012d}"

    def _apply_magic(self, number: Number) -> None:
        row = magic_of(number.phone.e164)
        if row is None:
            return
        if number.phone.first_write_at is None and row.pin is not None:
            number.phone.pin = row.pin
        number.registered = row.registered
        number.ever_registered = row.ever_registered
        number.verified = row.verified
        number.deregisters_owed = row.deregisters_owed
        number.certificate_fault = row.certificate_fault
        if row.reads_verified:
            number.shows["code_verification_status"] = "VERIFIED"

    def first_write(self, phone: Phone) -> None:
        """Start the times of a magic number with its first write."""
        if phone.first_write_at is not None:
            return
        now = phone.first_write_at = self.now()
        row = magic_of(phone.e164)
        if row is None:
            return
        if row.down_seconds:
            phone.down_until = now + timedelta(seconds=row.down_seconds)
        if row.locked_seconds:
            phone.locked_until = now + timedelta(seconds=row.locked_seconds)
        if row.pin_hold_seconds:
            phone.pin_hold_until = now + timedelta(seconds=row.pin_hold_seconds)
            phone.last_pin_at = now - timedelta(seconds=5)
        if row.deletion_seconds:
            phone.deletion_ends_at = now + timedelta(seconds=row.deletion_seconds)
        if row.blocked_seconds:
            phone.register.used = [now] * self.temper.attempt_limit
            phone.register.blocked_until = now + timedelta(seconds=row.blocked_seconds)


def _display(e164: str) -> str:
    parsed = phonenumbers.parse(e164)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
