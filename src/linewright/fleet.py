"""The fleet check: every account is listed again and again, and what it shows becomes its numbers' state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from linewright.domain.conditions import AccountFacts
from linewright.domain.fleet import is_gone, looks_today, next_check
from linewright.domain.holds import hold_after, hold_unreadable
from linewright.domain.journal import Answer, Outcome
from linewright.domain.number import REGISTERED, Standing, reading_of
from linewright.domain.operation import Account, Hold
from linewright.errors import LinewrightError, StoreUnavailable
from linewright.graph.client import NO_PAGE, GraphClient
from linewright.graph.remote import ACCESS, override_of, subscribed_to
from linewright.store.checks import Check
from linewright.store.history import thin
from linewright.wiring import Installation

__all__ = ["PERMISSIONS", "FleetCheck", "Looked"]

log = logging.getLogger(__name__)

PERMISSIONS = ("whatsapp_business_management", "whatsapp_business_messaging")
"""What a token must be allowed (facts, section 1)."""
TOGETHER = 8
"""Accounts looked at side by side in one process."""
LOOK_SECONDS = 5.0
"""Real: so often it is looked whether an account has come due; other processes may have changed that."""
CLAIM_SECONDS = 120.0
"""Real: so long an account belongs to whoever claimed it, from its last page on; after that others may take it."""
LEAST_CLAIM = timedelta(minutes=5)
MOST_SINGLE = 50
"""Single reads of one look at an account; the rest has its turn with the next."""
GONE = frozenset({Standing.DELETED, Standing.MIGRATED})
"""Numbers that a listing lacks by right: they are asked for once a day only."""


@dataclass(slots=True)
class Looked:
    """What one look at an account brought: the last answer to its listing, and the numbers that its pages named.
    `whole`: nothing of the listing is missing."""

    answer: Answer = NO_PAGE
    numbers: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    """Those of which something new was told."""
    whole: bool = False
    sealed: bytes = b""
    """The account's token at the start of the look, as it is kept: what an answer says of the token, it says of
    this one."""
    calls: int = 0
    usage: int | None = None

    def hears(self, answer: Answer) -> Answer:
        """Counts a call."""
        self.calls += 1
        self.usage = answer.usage if answer.usage is not None else self.usage
        return answer


class FleetCheck:
    """Looks at accounts. Reads only: a look that is cut off loses nothing, and what its pages told is kept.

    What a page told is a good reading of its numbers; that a number is gone is told by a whole listing without it
    and its own read together. A failed read changes nothing.
    """

    def __init__(self, office: Installation, *, together: int = TOGETHER) -> None:
        self._office = office
        self._store = office.store
        self._clock = office.clock
        self._together = together
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._keeping = asyncio.Lock()
        """What is kept of a page holds the loop for a while: one at a time, so that turns come in between."""

    async def serve(self, stopping: asyncio.Event) -> None:
        """Looks at each account when its time comes, until `stopping` is set; then gives back what is under way.
        A store that goes away is waited for."""
        told = asyncio.ensure_future(stopping.wait())
        try:
            while not stopping.is_set():
                rest = self._begin_due()
                waits = {told, *self._under_way.values()}
                await asyncio.wait(waits, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            await self._give_back()

    async def run_due(self) -> int:
        """Looks at every account that is due now; how many there were."""
        count = 0
        while True:
            self._begin_due()
            if not self._under_way:
                return count
            count += len(self._under_way)
            await asyncio.gather(*self._under_way.values())

    async def look(self, name: str, *, listing_only: bool = False) -> Looked:
        """Looks at one account now, out of its turn, because somebody asks; a paused one too. With `listing_only`
        nothing is asked but its listing."""
        account = self._store.accounts.get(name)
        check = self._store.checks.take(name, self._clock.now(), self._claimed_until())
        looked = Looked()
        try:
            return await self._visit(account, check, looked, listing_only=listing_only)
        except BaseException:
            self._store.checks.finish(check, self._clock.now())
            raise

    # The schedule

    def _begin_due(self) -> float:
        """Begins with the accounts that are due, as many as may be; the real seconds until the next look."""
        self._under_way = {name: task for name, task in self._under_way.items() if not task.done()}
        free = self._together - len(self._under_way)
        try:
            now = self._clock.now()
            comes = self._store.checks.next_at()
            if comes is None or comes > now or free <= 0:
                return min(LOOK_SECONDS, self._clock.seconds_until(comes) if comes and free > 0 else LOOK_SECONDS)
            for check in self._store.checks.claim(now, self._claimed_until(), free):
                if check.account not in self._under_way:
                    self._under_way[check.account] = asyncio.ensure_future(self._in_turn(check))
        except LinewrightError as error:
            log.info("the fleet check waits for the store: %s", error)
            return LOOK_SECONDS
        return LOOK_SECONDS if self._under_way else 0.0

    def _claimed_until(self) -> datetime:
        """A claim is long enough in real time, also where a rehearsal's clock runs fast."""
        now, hour = self._clock.now(), timedelta(hours=1)
        real = max(self._clock.seconds_until(now + hour), 1e-6)
        return now + max(LEAST_CLAIM, hour * (CLAIM_SECONDS / real))

    async def _give_back(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _in_turn(self, check: Check) -> None:
        """One look whose time has come; never raises, but for its end by `cancel`."""
        try:
            await self._at_its_pace(check)
        except asyncio.CancelledError:
            self._put_off(check, self._clock.now())
            raise
        except StoreUnavailable as error:
            log.info("the look at the account %s waits for the store: %s", check.account, error)  # the engine tells
            self._put_off(check)
        except LinewrightError as error:
            log.warning("the account %s could not be looked at: %s", check.account, error)
            self._put_off(check)
        except Exception:
            log.exception("the look at the account %s met an error of Linewright's own", check.account)
            self._put_off(check)

    def _put_off(self, check: Check, until: datetime | None = None) -> None:
        failures = check.failures + (until is None)
        try:
            now = self._clock.now()
            later = until or next_check(check.account, now, hold=None, grown=check.grown, failures=failures)
            self._store.checks.finish(check, later, failures=failures)
        except LinewrightError as error:
            log.info("the account %s is looked at again when its claim runs out: %s", check.account, error)

    async def _at_its_pace(self, check: Check) -> None:
        account, now = self._store.accounts.get(check.account), self._clock.now()
        held = account.hold is not None and account.hold.probe_at > now
        if account.paused or held:
            hold = None if account.paused else account.hold
            self._store.checks.finish(check, next_check(account.name, now, hold=hold, grown=check.grown))
            return
        later = self._store.pace.admit_check(account.name, now)
        if later is not None:
            self._store.checks.finish(check, later)
            return
        looked = Looked()
        try:
            await self._visit(account, check, looked)
        finally:
            self._store.pace.settle(account.name, now, looked.calls, looked.usage, self._clock.now())

    # One account

    async def _visit(self, account: Account, check: Check, looked: Looked, *, listing_only: bool = False) -> Looked:
        facts, looked_at = check.facts, check.looked_at
        looked.sealed = self._store.accounts.token_seal(account.name)
        async with self._office.clients.once(account.name) as client:
            check = await self._list(client, account, check, looked)
            await self._hold(client, account, looked)
            if looked.whole:
                facts = replace(facts, listed_at=self._clock.now(), expected=self._office.webhook_of(account.name))
                daily = looks_today(looked_at, self._clock.now()) and not listing_only
                if not listing_only:
                    await self._read_again(client, account, looked, daily=daily)
                if daily:
                    facts, told = await self._daily(client, account, facts, looked)
                    looked_at = self._clock.now() if told else looked_at
        async with self._keeping:
            self._finish(check, looked, facts, looked_at, known=account.hold)
        return looked

    async def _list(self, client: GraphClient, account: Account, check: Check, looked: Looked) -> Check:
        """Keeps each page as it comes; the claim lasts from page to page."""
        asked = self._clock.now()
        async for page in client.number_pages(account.waba):
            looked.answer = looked.hears(page)
            looked.whole = page.outcome is Outcome.OK
            if looked.whole:
                rows = [row for row in page.body["data"] if isinstance(row, dict)]
                async with self._keeping:
                    told = self._store.numbers.keep_page(account.name, rows, at=asked)
                looked.numbers += told.numbers
                looked.doubtful += told.doubtful
                looked.news += told.changed
                if looked.calls % 10 == 0:
                    check = self._store.checks.prolong(check, self._claimed_until()) or check
            asked = self._clock.now()
        return check

    async def _hold(self, client: GraphClient, account: Account, looked: Looked) -> None:
        """The listing's last answer holds the account or releases it. Refused for want of a permission, the account
        itself is read: unreadable too, it is held as with a dead token (DESIGN 5.2, row 100/33)."""
        answer = looked.answer
        hold = hold_after(account.hold, answer, self._office.catalogue, self._clock.now())
        error = answer.error
        if answer.outcome is Outcome.REFUSED and error is not None and error.code in ACCESS and hold == account.hold:
            readable = looked.hears(await client.read_account(account.waba))
            if readable.error is not None and readable.error.code in ACCESS:
                hold = hold_unreadable(hold, error.code, error.message, self._clock.now())
        if hold != account.hold:
            self._store.ledger.save_hold(account.name, hold, sealed=looked.sealed)

    async def _read_again(self, client: GraphClient, account: Account, looked: Looked, *, daily: bool) -> None:
        """Reads by themselves the numbers that the listing left in doubt, and those of ours that it lacks."""
        standings, named = self._store.numbers.standings(account.name), set(looked.numbers)
        missing = [id for id, standing in standings.items() if id not in named and (daily or standing not in GONE)]
        for id in self._some([*missing, *looked.doubtful]):
            asked = self._clock.now()
            answer = looked.hears(await client.read_number(id))
            self._store.numbers.save_reading(id, reading_of(answer, id, asked))
            looked.news.append(id)
            if id not in named and is_gone(answer):
                self._store.numbers.keep_absent(id, at=asked)
            hold = hold_after(None, answer, self._office.catalogue, self._clock.now())
            if hold is not None:
                self._store.ledger.save_hold(account.name, hold, sealed=looked.sealed)
                return

    def _some(self, numbers: Sequence[str]) -> Sequence[str]:
        """So many of them; others the next time."""
        if len(numbers) <= MOST_SINGLE:
            return numbers
        start = int(self._clock.now().timestamp() // 60) % len(numbers)
        return [*numbers[start:], *numbers[:start]][:MOST_SINGLE]

    async def _daily(
        self, client: GraphClient, account: Account, facts: AccountFacts, looked: Looked
    ) -> tuple[AccountFacts, bool]:
        """Token and subscription, and whether both were answered; an answer that tells nothing leaves what was
        known. The history is thinned."""
        token = looked.hears(await client.debug_token())
        apps = looked.hears(await client.subscribed_apps(account.waba))
        facts = _token_facts(token, facts)
        if apps.outcome is Outcome.OK:
            app = self._office.clients.app_of(account.name)
            facts = replace(facts, subscribed=subscribed_to(apps, app), override=override_of(apps, app))
        thin(self._store.database, account.name, self._clock.now())
        return facts, all(answer.outcome in (Outcome.OK, Outcome.REFUSED) for answer in (token, apps))

    def _finish(
        self, check: Check, looked: Looked, facts: AccountFacts, looked_at: datetime | None, *, known: Hold | None
    ) -> None:
        """Keeps what was learned, says when the account comes next, and brings its numbers' conditions up to date:
        all of them once a day, and when something of the account changed (`known` was its hold)."""
        now, account = self._clock.now(), self._store.accounts.get(check.account)
        values: dict[str, Any] = {"facts": facts, "daily_at": looked_at, "failures": 0}
        if not looked.whole:
            values |= {"failures": check.failures + 1, "failed_at": now}
        grown = check.grown or bool(REGISTERED & set(self._store.numbers.standings(check.account).values()))
        later = next_check(account.name, now, hold=account.hold, grown=grown, failures=values["failures"])
        self._store.checks.finish(check, later, **values)
        same = looked_at == check.looked_at and replace(facts, listed_at=None) == replace(check.facts, listed_at=None)
        same = same and check.facts.listed_at is not None and _dead(known) == _dead(account.hold)
        news = looked.news if same else None
        self._store.conditions.refresh(check.account, now, self._office.catalogue, news=news)


def _dead(hold: Hold | None) -> int | None:
    """What a hold says of the token."""
    return hold.code if hold is not None and not hold.usage else None


def _token_facts(answer: Answer, facts: AccountFacts) -> AccountFacts:
    """What `debug_token` says. Refused there, the listing that worked stands for the token (DESIGN, section 7)."""
    if answer.outcome is Outcome.REFUSED:
        return replace(facts, token_valid=None, token_expires_at=None, token_lacks=())
    if answer.outcome is not Outcome.OK:
        return facts
    ends, scopes = answer.body.get("expires_at"), answer.body.get("scopes")
    known = [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
    return replace(
        facts,
        token_valid=answer.body.get("is_valid") is True,
        token_expires_at=_moment(ends),
        token_lacks=tuple(each for each in PERMISSIONS if known and each not in known),
    )


def _moment(seconds: object) -> datetime | None:
    """A time of the remote in seconds since 1970; 0 is never, and so is what no calendar holds."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
