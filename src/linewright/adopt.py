"""Adoption: from the end of an Embedded Signup to an account that is kept and a number that is being registered.

In this order, so that nothing is lost wherever it stops: the code buys its token (it lives half a minute), the token
is sealed, the account is looked at, then opened; the app is subscribed; an ordinary operation registers the number.
The same request once more goes on where the first one stopped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from linewright.accounts import not_listed, rows_of
from linewright.adopt_token import Hand, TokenDesk, Wish, app_of
from linewright.adopt_words import no_such_number, refused_event, say
from linewright.domain.journal import Answer, Outcome
from linewright.domain.number import REGISTERED, Number, Standing
from linewright.domain.operation import Goal, OperationState
from linewright.domain.rails import NOT_OURS
from linewright.domain.signup import REGISTER_WITHIN, Signup, SignupEvent, moment_of, signup_of
from linewright.errors import RemoteUnavailable, UsageError
from linewright.fleet import FleetCheck
from linewright.graph.client import GraphClient
from linewright.graph.remote import subscribed_to
from linewright.secret import Secret
from linewright.store.operations import Options
from linewright.store.pages import digits_of
from linewright.wiring import Installation

__all__ = ["Adopted", "AdoptionDesk", "Wish"]

UNREGISTERED = frozenset({Standing.OFFLINE, Standing.UNVERIFIED, Standing.UNKNOWN})
LONGEST_NAME = 50
LONGEST_ID = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What became of it. `fresh`: an account or an operation was opened."""

    account: str
    number: str | None
    operation: str | None
    last_day: datetime | None
    message: str
    next_step: str
    fresh: bool


class AdoptionDesk:
    """Raises `UsageError` for what cannot be adopted so, with nothing kept but a token that a code bought already;
    `RemoteUnavailable` where the remote does not answer. Both say what to do; all can be asked again. Of a number with
    an open operation of another goal `operation-open` is raised, once the account is adopted."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store
        self._tokens = TokenDesk(office)

    async def adopt(self, wish: Wish) -> Adopted:
        signup = signup_of(wish.event) or Signup()
        wish = _complete(wish, signup)
        waba = wish.waba or ""
        hand = await self._tokens.in_hand(wish, waba)
        async with self._office.clients.with_token(hand.token) as client:
            app = await app_of(client, wish.app)
            asked = self._office.clock.now()
            listing = await client.list_numbers(waba)
            if listing.outcome is not Outcome.OK:
                raise not_listed(listing, self._store.accounts.of_waba(waba) or "NAME", waba)
            named = _named(wish.number, listing, waba)
            account, is_new = await self._opened(client, waba, hand.token, app, wish.name)
            self._store.numbers.take_listing(account, rows_of(listing), now=asked)
            if hand.adoption is not None:
                self._store.adoptions.settle(hand.adoption.digest, waba, account)
            await self._subscribed(client, account, waba, app, wish.who)
        await FleetCheck(self._office).look(account)
        number = self._chosen(account, named, signup)
        operation, opened = self._registered(number, named is not None, signup, hand)
        detail = {"waba": waba, "number": number.id if number else None, "operation": operation, "app": app}
        self._store.audit.append(self._office.clock.now(), wish.who, "adopt", account, detail)
        standing = self._standing(number)
        return Adopted(
            account=account,
            number=number.id if number else None,
            operation=operation,
            last_day=self._last_day(number, standing),
            fresh=is_new or opened,
            **say(
                account, number, standing, signup.event, registers=operation is not None, listed=len(rows_of(listing))
            ),
        )

    # The account

    async def _opened(
        self, client: GraphClient, waba: str, token: Secret, app: str | None, wish: str | None
    ) -> tuple[str, bool]:
        """The account of this WABA, with this token; whether it is new. Of two that race, one opens it."""
        app_secret = self._store.apps.secret_of(app) if app else None
        for _ in range(3):
            known = self._store.accounts.of_waba(waba)
            if known is not None:
                await self._renew(known, token, app, app_secret)
                return known, False
            name = wish or self._store.accounts.free_name(waba, [*await _names(client, waba), f"waba-{waba}"])
            now = self._office.clock.now()
            try:
                self._store.accounts.add(name, waba, token, now=now, app_secret=app_secret, app_id=app)
            except UsageError as error:
                raced = self._store.accounts.of_waba(waba) is not None or not wish
                if error.reason != "account-exists" or not raced:
                    raise
                continue
            return name, True
        raise RemoteUnavailable("Other processes keep opening accounts.", fix="Run this again.", reason="in-doubt")

    async def _renew(self, name: str, token: Secret, app: str | None, app_secret: Secret | None) -> None:
        accounts, now = self._store.accounts, self._office.clock.now()
        line = accounts.line(name)
        same = accounts.open_token(name) == token and line.app_id == app
        if same and (line.has_app_secret or app_secret is None):
            return
        accounts.update([name], now=now, token=token, app_id=app, app_secret=app_secret)
        await self._office.clients.forget(name)
        self._store.checks.soon([name], now, new_token=True)

    async def _subscribed(self, client: GraphClient, account: str, waba: str, app: str | None, who: str) -> None:
        """Subscribes the app, unless it is. A failure fails nothing: the condition of the account's numbers tells it,
        and the register tries again."""
        if not self._store.accounts.get(account).subscribe:
            return
        listed = await client.subscribed_apps(waba)
        if listed.outcome is Outcome.OK and subscribed_to(listed, app):
            return
        clock, audit = self._office.clock, self._store.audit
        audit.append(clock.now(), who, "adopt: subscribe sent", account, {"waba": waba})
        answer = await client.subscribe(waba)
        told = {"outcome": answer.outcome.value, "code": answer.error.code if answer.error else None}
        audit.append(clock.now(), who, "adopt: subscribe answered", account, told | {"fbtrace_id": answer.fbtrace_id})

    # The number

    def _chosen(self, account: str, named: str | None, signup: Signup) -> Number | None:
        """The number that was named; else the only one that the adoption can be about. That one is shown, and not
        registered: nobody named it."""
        numbers = self._store.numbers
        if named is not None:
            return numbers.get(named)
        standings = numbers.standings(account)
        in_the_app = signup.event is SignupEvent.IN_THE_APP
        wanted = {Standing.COEXISTENCE} if in_the_app else UNREGISTERED | {Standing.COEXISTENCE}
        found = [id for id, standing in standings.items() if standing in wanted]
        if in_the_app and not found and len(standings) == 1:
            found = list(standings)
        return numbers.get(found[0]) if len(found) == 1 else None

    def _standing(self, number: Number | None) -> Standing | None:
        return self._store.numbers.line(number.id).judged.standing if number is not None else None

    def _registered(self, number: Number | None, named: bool, signup: Signup, hand: Hand) -> tuple[str | None, bool]:
        """The operation that registers the number, and whether it was opened just now."""
        standing = self._standing(number)
        in_the_app = signup.event is SignupEvent.IN_THE_APP
        if number is None or standing is None or standing in NOT_OURS or in_the_app:
            return None, False
        line = self._store.numbers.line(number.id)
        seen = moment_of(line.reading.last_onboarded_time) if line.reading is not None else None
        now = self._office.clock.now()
        recent = seen if seen is not None and now - seen < REGISTER_WITHIN else None
        ended = hand.adoption.begun_at if hand.adoption is not None and named else recent
        if ended is not None and standing not in REGISTERED:
            self._store.numbers.signed_up(number.id, ended, now=now)
        if not named:
            return None, False
        before = self._before(number, standing, hand)
        if before is not None:
            return before, False
        operation, is_new = self._store.operations.open(
            Goal.REGISTER, self._store.numbers.get(number.id), now=now, options=Options()
        )
        if hand.adoption is not None:
            self._store.adoptions.opened(hand.adoption.digest, operation.id)
        return operation.id, is_new

    def _before(self, number: Number, standing: Standing, hand: Hand) -> str | None:
        """What the same request opened before; of a number that is online, the register that brought it there."""
        if hand.adoption is not None and hand.adoption.operation is not None:
            return hand.adoption.operation
        if standing not in REGISTERED:
            return None
        done, _ = self._store.operations.listing(states=[OperationState.DONE], number=number.id, limit=20)
        return next((each.id for each in done if each.goal is Goal.REGISTER), None)

    def _last_day(self, number: Number | None, standing: Standing | None) -> datetime | None:
        """Until when it must be registered; None where it is, or where that is not ours to do."""
        if number is None or standing not in UNREGISTERED:
            return None
        since = self._store.numbers.get(number.id).signed_up_at
        return since + REGISTER_WITHIN if since is not None else None


def _complete(wish: Wish, signup: Signup) -> Wish:
    """The wish with what the session event adds. Raises `UsageError` for what does not fit together."""
    if signup.event is SignupEvent.CANCEL:
        raise refused_event(signup)
    for what, given, told in (("WABA", wish.waba, signup.waba), ("number", wish.number, signup.number)):
        if given and told and given != told:
            raise UsageError(
                f"The {what} {given[:40]} is not the one that the session event names: {told[:40]}.",
                fix="Leave it out where the event is sent whole.",
                reason="event",
            )
    wish = replace(wish, waba=wish.waba or signup.waba, number=wish.number or signup.number)
    if wish.code is not None and wish.token is not None:
        raise UsageError("Both a code and a token were given.", fix="Give one of the two.", reason="usage")
    if wish.code is not None and not wish.app:
        raise UsageError(
            "A code belongs to an app, and none is named.",
            fix="Name the app that the page starts Embedded Signup with: its id.",
            reason="usage",
        )
    if not wish.waba or not (wish.waba.isascii() and wish.waba.isdigit() and len(wish.waba) <= LONGEST_ID):
        raise UsageError(
            f"{(wish.waba or '')[:40]!r} is not the id of a WhatsApp Business Account: it holds digits only.",
            fix="Give `waba_id` of the session event that Embedded Signup posted to its page.",
            reason="waba",
        )
    return wish


def _named(number: str | None, listing: Answer, waba: str) -> str | None:
    """The id of the number that was named, by id or phone. Raises `UsageError` where the account has none such."""
    if number is None:
        return None
    rows = rows_of(listing)
    ids = [str(row.get("id")) for row in rows]
    if number.strip() in ids:
        return number.strip()
    digits = digits_of(number)
    same = [str(row.get("id")) for row in rows if digits and digits_of(str(row.get("display_phone_number"))) == digits]
    if len(same) == 1:
        return same[0]
    raise no_such_number(number, waba, rows)


async def _names(client: GraphClient, waba: str) -> list[str]:
    """Names for a new account: that of the WABA in plain letters, the same with the end of its id."""
    answer = await client.read_account(waba)
    told = answer.body.get("name") if answer.outcome is Outcome.OK else None
    plain = unicodedata.normalize("NFKD", told if isinstance(told, str) else "").encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-")
    return [name, f"{name}-{waba[-4:]}"] if name else []
