"""Carries imports on: rows are opened a few at a time, numbers are made first where they are not there.

Each row is opened once, whoever comes first; what is opened goes on by the ordinary engine.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from linewright.domain.holds import hold_after
from linewright.domain.imports import Created, after_create, not_listed
from linewright.domain.journal import Answer, Outcome
from linewright.engine.ports import SEND_SECONDS
from linewright.errors import LinewrightError, UsageError
from linewright.fleet import FleetCheck
from linewright.phones import taken_apart
from linewright.rounds import go_round
from linewright.store.import_creates import Create
from linewright.wiring import Installation

__all__ = ["MOST_CODES", "MOST_OF_ACCOUNT", "MOST_OPEN", "Importer"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""Real: so often it is looked whether a row may begin."""
MOST_OPEN = 300
"""Operations at work in the whole home from which on no further row is opened."""
MOST_OF_ACCOUNT = 40
"""The same of one account: what stands in line for its pace gains nothing by a longer line."""
MOST_CODES = 100
"""Codes that rows wait for: each lives ten minutes, and people must keep up."""
MADE_TOGETHER = 8
AGAIN = timedelta(minutes=1)


class Importer:
    """Several processes may do it at once."""

    def __init__(self, office: Installation) -> None:
        self._office = office
        self._store = office.store
        self._clock = office.clock
        self._fleet = FleetCheck(office)

    async def serve(self, stopping: asyncio.Event) -> None:
        """Goes on until `stopping` is set. A store that goes away is waited for."""
        await go_round(self.run_due, stopping, lambda: LOOK_SECONDS, log)

    async def run_due(self) -> int:
        """Does what can be done now; how many rows moved."""
        if not await asyncio.to_thread(self._store.imports.any_open):
            return 0
        moved = await self._settle() + await self._create() + await asyncio.to_thread(self._open)
        return moved + await asyncio.to_thread(self._store.imports.end_those_over, self._clock.now())

    # Rows whose number is there

    def _open(self) -> int:
        """Opens as many as there is room for."""
        imports, now = self._store.imports, self._clock.now()
        busy = Counter(imports.busy(now))
        free = MOST_OPEN - busy.total()
        if free <= 0 or imports.codes_awaited() >= MOST_CODES:
            return 0
        opened = 0
        for of, line, account in imports.next_rows(now, MOST_OF_ACCOUNT, made=True):
            if opened >= free:
                break
            if busy[account] < MOST_OF_ACCOUNT and imports.open_row(of, line, now):
                busy[account] += 1
                opened += 1
        return opened

    # Rows that make their number

    async def _create(self) -> int:
        waiting = await asyncio.to_thread(self._store.imports.next_rows, self._clock.now(), MADE_TOGETHER, made=False)
        some = [self._store.import_creates.row(of, line) for of, line, _ in waiting[:MADE_TOGETHER]]
        done = await asyncio.gather(*(self._create_one(each) for each in some if each is not None))
        return sum(done)

    async def _create_one(self, create: Create) -> int:
        """One call at most, by whoever has the phone."""
        with self._office.ports.locks.hold(create.e164, create.account) as lease:
            if lease is None or lease.quiet_seconds > 0 or not self._may(create):
                return 0
            now = self._clock.now()
            if not self._store.import_creates.intend(create, now):
                return 0
            answer = await self._sent(create)
            self._store.pace.settle(create.account, now, 1, answer.usage, self._clock.now())
            self._heard(create, answer)
            return 1

    def _may(self, create: Create) -> bool:
        """Whether its account may be called now; else the row is put off, or ended."""
        creates, now = self._store.import_creates, self._clock.now()
        try:
            account = self._store.accounts.get(create.account)
        except UsageError as error:
            creates.refuse(create, error.reason, f"{error.message} {error.fix}")
            return False
        open_one = self._store.operations.open_of(create.e164)
        if open_one is not None:
            why = f"The operation {open_one.id} ({open_one.goal.value}) is open on this phone; it is made after that."
            creates.put_off(create, now + AGAIN, "operation-open", why)
            return False
        if account.paused:
            creates.put_off(create, now + AGAIN, "account-paused", "The account is paused.")
            return False
        if account.hold is not None and account.hold.probe_at > now:
            creates.put_off(create, account.hold.probe_at, "account-on-hold", "The account's calls are held for now.")
            return False
        later = self._store.pace.admit_check(create.account, now)
        if later is not None:
            creates.put_off(create, later, "usage-limit", "The account's calls of this hour are used up.")
        return later is None

    async def _sent(self, create: Create) -> Answer:
        waba = self._store.accounts.get(create.account).waba
        code, national, _ = taken_apart(create.e164)
        client = self._office.clients.of(create.account)
        monotonic = self._office.ports.monotonic
        send_by = monotonic() + SEND_SECONDS if monotonic is not None else None
        return await client.create_number(waba, code, national, create.verified_name, send_by=send_by)

    def _heard(self, create: Create, answer: Answer) -> None:
        """Journals the answer; the number is known here before its row names it."""
        now, account = self._clock.now(), self._store.accounts.get(create.account)
        hold = hold_after(account.hold, answer, self._office.catalogue, now)
        held = hold if answer.outcome is not Outcome.OK and hold != account.hold else None
        if held is not None:
            self._store.ledger.save_hold(create.account, held)
        until = held.probe_at if held is not None else None
        created = after_create(answer, create.tries + 1, until, self._office.catalogue, now)
        if created.number is not None:
            self._store.numbers.upsert(create.account, created.number, create.e164, now=now)
        self._store.import_creates.answered(create, answer, created, now)

    # Calls of which nobody knows what became

    async def _settle(self) -> int:
        """The listing of their account settles them, all of one account at once."""
        doubtful = await asyncio.to_thread(self._store.import_creates.doubtful, self._clock.now())
        count = 0
        for account, some in groupby(doubtful, key=lambda each: each.account):
            count += await self._settle_account(account, list(some))
        return count

    async def _settle_account(self, account: str, creates: Sequence[Create]) -> int:
        asked = self._clock.now()
        try:
            whole = (await self._fleet.look(account, listing_only=True)).whole
        except UsageError as error:
            for create in creates:
                self._store.import_creates.refuse(create, error.reason, f"{error.message} {error.fix}")
            return len(creates)
        except LinewrightError as error:
            log.info("the listing of %s does not come: %s", account, error)
            whole = False
        if not whole:
            for create in creates:
                why = "Whether it was added is not known; the account's listing does not come."
                self._store.import_creates.put_off(create, asked + AGAIN, "in-doubt", why)
            return 0
        known = self._store.import_look.numbers({create.e164 for create in creates})
        for create in creates:
            here = [each.id for each in known.get(create.e164, ()) if each.account == account and not each.gone]
            found = Created(number=here[0]) if here else not_listed(create.tries, asked)
            self._store.import_creates.settled(create, found, asked)
        return len(creates)
