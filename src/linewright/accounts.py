"""What is asked of the remote about a whole account, by commands that cannot wait."""

from __future__ import annotations

from typing import Any

from linewright.domain.journal import Answer, Outcome, RemoteError
from linewright.domain.number import Number
from linewright.errors import LinewrightError, RemoteUnavailable, UsageError
from linewright.fleet import FleetCheck, Looked
from linewright.graph.client import GraphClient
from linewright.graph.wire import nonexisting_field
from linewright.phones import taken_apart
from linewright.secret import Secret
from linewright.wiring import Installation

__all__ = ["AccountDesk", "not_listed", "plausible", "rows_of"]

ALREADY_LISTED = 2388012


class AccountDesk:
    """Accounts and their listings. A failure is one clear error; nothing is half done."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store
        self._fleet = FleetCheck(office)

    async def add(
        self,
        name: str,
        waba: str,
        token: Secret,
        *,
        app_secret: Secret | None = None,
        pin_reset: str = "ask",
        subscribe: bool = True,
    ) -> None:
        """Looks whether id and token fit, then keeps them and takes over the listing."""
        if pin_reset not in ("ask", "auto"):
            raise UsageError(f"A PIN reset is auto or ask, not {pin_reset[:20]}.", fix="Name one of the two.")
        plausible(waba, token)
        asked = self._office.clock.now()
        async with self._office.clients.with_token(token) as client:
            listing = await client.list_numbers(waba)
            if listing.outcome is not Outcome.OK:
                raise not_listed(listing, name, waba)
            app_id = await _app_of(client)
        now = self._office.clock.now()
        self._store.accounts.add(
            name,
            waba,
            token,
            now=now,
            app_secret=app_secret,
            app_id=app_id,
            pin_reset=pin_reset,
            subscribe=subscribe,
        )
        self._store.numbers.take_listing(name, rows_of(listing), now=asked)
        self._store.checks.soon([name], now, new_token=True)
        self._store.conditions.refresh(name, now, self._office.catalogue)

    async def sync(self, name: str) -> list[Number]:
        """Takes over the account's numbers as the remote lists them."""
        looked = await self._fleet.look(name, listing_only=True)
        if not looked.whole:
            raise not_listed(looked.answer, name, self._store.accounts.get(name).waba)
        return [self._store.numbers.get(id) for id in looked.numbers]

    async def look(self, name: str) -> None:
        """Looks at the account once. A refusal is an error here, unless it holds the account."""
        looked = await self._looked(name)
        account = self._store.accounts.get(name)
        if not looked.whole and account.hold is None and not account.paused:
            raise not_listed(looked.answer, name, account.waba)

    async def check(self, name: str) -> bool:
        """Looks at the account and each of its numbers once, keeps what they show, and says whether it could be
        read."""
        looked = await self._looked(name)
        return looked.whole and not self._store.accounts.get(name).paused

    async def _looked(self, name: str) -> Looked:
        """Raises `RemoteUnavailable` when the listing had no useful answer; what its pages told is kept."""
        waba = self._store.accounts.get(name).waba
        looked = await self._fleet.look(name)
        if looked.answer.outcome in (Outcome.UNREACHABLE, Outcome.IN_DOUBT, Outcome.NOT_SENT):
            raise not_listed(looked.answer, name, waba)
        return looked

    async def point_webhooks(self, name: str, url: str, token: Secret) -> None:
        """Has Meta send the account's webhooks to this address: subscribes the app first, since only a subscribed one
        takes another address (facts, 1.10), then sets it. Both are written to the audit."""
        account, now = self._store.accounts.get(name), self._office.clock.now
        async with self._office.clients.once(name) as client:
            for step, callback, verify_token in (("subscribe", None, None), ("set address", url, token)):
                self._store.audit.append(now(), "terminal", f"account webhook: {step}", name, {"url": url})
                answer = await client.subscribe(account.waba, callback=callback, verify_token=verify_token)
                if answer.outcome is Outcome.REFUSED:
                    raise self._refused(answer, f"would not {step} for {name}")
                if answer.outcome is not Outcome.OK:
                    raise RemoteUnavailable(
                        f"Whether Meta took the address is not known: {answer.failure or 'the answer was lost'}.",
                        fix="Run this again; it can be done twice.",
                        reason="in-doubt",
                        fbtrace_id=answer.fbtrace_id,
                    )
        self._store.checks.look_anew(name, now())

    async def create_number(self, e164: str, account: str, verified_name: str, *, who: str = "terminal") -> Number:
        """Creates a number. Both what is asked and what came back are journalled in the audit.

        An answer that was lost is settled by the listing; nothing is created twice.
        """
        code, national, plain = taken_apart(e164)
        if not 2 <= len(verified_name.strip()) <= 75:
            raise UsageError("A display name has 2 to 75 characters.", fix="Give another --verified-name.")
        waba = self._store.accounts.get(account).waba
        there = await self._find(account, plain)
        if there is not None:
            return there
        self._refuse_open(plain)
        now = self._office.clock.now
        self._store.audit.append(now(), who, "number add: sent", plain, {"account": account})
        answer = await self._office.clients.of(account).create_number(waba, code, national, verified_name.strip())
        detail = {"outcome": answer.outcome.value, "code": answer.error.code if answer.error else None}
        self._store.audit.append(now(), who, "number add: answered", plain, {**detail, "fbtrace_id": answer.fbtrace_id})
        listed = answer.error is not None and ALREADY_LISTED in (answer.error.code, answer.error.subcode)
        if answer.outcome is Outcome.REFUSED and not listed:
            raise self._refused(answer)
        found = await self._find(account, plain)
        if found is not None:
            return found
        raise RemoteUnavailable(
            f"Whether {plain} was added is not known yet: {answer.failure or 'the account does not list it'}.",
            fix="Run this again; a number that is listed already is not added twice.",
            reason="in-doubt",
            fbtrace_id=answer.fbtrace_id,
        )

    def _refuse_open(self, e164: str) -> None:
        """A migration makes the number itself: an id made beside it takes no line over."""
        open_one = self._store.operations.open_of(e164)
        if open_one is not None:
            raise UsageError(
                f"The operation {open_one.id} ({open_one.goal.value}) is open on this phone; nothing was added.",
                fix=f"Let it end, or cancel it (`linewright operation cancel {open_one.id}`), then run this again.",
                reason="operation-open",
            )

    async def _find(self, account: str, e164: str) -> Number | None:
        return next((number for number in await self.sync(account) if number.e164 == e164), None)

    def _refused(self, answer: Answer, what: str = "would not add the number") -> LinewrightError:
        error = answer.error or RemoteError()
        entry = self._office.catalogue.find(error, answer.call)
        steps = " ".join(entry.steps) if entry and entry.steps else "See `linewright explain` with that code."
        words = error.user_message or error.details or error.message
        return UsageError(
            f"The remote {what}: {words} ({error.code}).",
            fix=steps,
            reason="refused",
            fbtrace_id=answer.fbtrace_id,
        )


def plausible(waba: str, token: Secret) -> None:
    """Raises `UsageError` for what cannot be the id of a WABA, or a token."""
    if not (waba.isascii() and waba.isdigit()):
        raise UsageError(
            f"{waba[:40]!r} is not the id of a WhatsApp Business Account: it holds digits only.",
            fix="Copy the account's id from WhatsApp Manager, Account settings.",
            reason="waba",
        )
    text = token.open_secret()
    if len(text) < 20 or not text.isascii() or any(sign.isspace() for sign in text):
        raise UsageError(
            "This does not look like an access token: too short, or with blanks in it.",
            fix="Give the system user's whole token, alone in its file or on stdin.",
            reason="token",
        )


def rows_of(listing: Answer) -> list[dict[str, Any]]:
    """The numbers of a listing, each as the remote said it."""
    return [row for row in listing.body["data"] if isinstance(row, dict)]


async def _app_of(client: GraphClient) -> str | None:
    told = await client.debug_token()
    app = told.body.get("app_id")
    return str(app) if told.outcome is Outcome.OK and app else None


def not_listed(answer: Answer, name: str, waba: str) -> LinewrightError:
    """Why an account's numbers could not be listed, and what to do."""
    error = answer.error
    if answer.outcome is not Outcome.REFUSED or error is None:
        return RemoteUnavailable(
            f"The remote did not answer usefully: {answer.failure}.",
            fix="Check the network and LINEWRIGHT_GRAPH_URL, then run this again.",
            fbtrace_id=answer.fbtrace_id,
        )
    if error.code is None:
        return RemoteUnavailable(
            f"What answers at the Graph URL is not the Graph API: {error.message}.",
            fix="Check LINEWRIGHT_GRAPH_URL, and that no proxy answers in its place.",
        )
    if nonexisting_field(error) == "phone_numbers":
        return UsageError(
            f"The id {waba} is not a WhatsApp Business Account: it has no phone numbers.",
            fix="Give the account's id (WABA), not that of a portfolio, an app or a number.",
            reason="not-a-waba",
            fbtrace_id=answer.fbtrace_id,
        )
    if error.code in (0, 102, 104, 190):
        return UsageError(
            f"The remote does not take this access token: {error.message} ({error.code}).",
            fix=f"Make a new system-user token, then: linewright account update {name} --token-file FILE",
            reason="token",
            fbtrace_id=answer.fbtrace_id,
        )
    return UsageError(
        f"The account {waba} cannot be read with this token: {error.message} ({error.code}).",
        fix="Check the id, and that the token's system user has this account and both WhatsApp permissions.",
        reason="account",
        fbtrace_id=answer.fbtrace_id,
    )
