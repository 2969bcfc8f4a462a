"""Numbers: fetched, listed, created, wanted and forgotten."""

from __future__ import annotations

from linewright import asked
from linewright.domain.number import Wanted
from linewright.face.base import Face, Shape

__all__ = ["Numbers"]


class Numbers(Face):
    """What is asked of numbers."""

    async def sync(self, account: str | None = None) -> list[Shape]:
        """Fetches the numbers of one account, or of all."""
        names = [account] if account else [line.account.name for line in self._store.accounts.all()]
        found = [number for name in names for number in await self._accounts.sync(name)]
        return [self._views.number(number.id) for number in found]

    async def numbers(self, standing: str | None = None) -> list[Shape]:
        """All numbers, by id; `standing` picks those."""
        return self._numbers(asked.standing(standing))

    async def number(self, n: str) -> Shape:
        """One number, by id, E.164 or display form, or `ACCOUNT/N`."""
        return self._views.number(self._store.numbers.find(n).id)

    async def add_number(self, e164: str, account: str, verified_name: str, *, who: str = "terminal") -> Shape:
        """Creates a number in an account; it is unverified then."""
        number = await self._accounts.create_number(e164, account, verified_name, who=who)
        return self._views.number(number.id)

    async def want(self, n: str, wanted: str, *, who: str = "terminal") -> Shape:
        """Says whether a number is to be online (`online`) or left alone (`unmanaged`). Left alone, what Linewright
        opened for it by itself is cancelled. Raises `UsageError` for anything else."""
        number = self._store.numbers.find(n)
        choice = asked.wanted(wanted)
        now = self.clock.now()
        self._store.numbers.set_wanted(number.id, choice)
        self._store.audit.append(now, who, "want", number.e164, {"number": number.id, "wanted": choice.value})
        if choice is not Wanted.ONLINE:
            self._store.recoveries.call_off(number.id, now)
        self._store.conditions.look(number.id, now, self.office.catalogue)
        return self._views.number(number.id)

    async def forget_number(self, n: str) -> Shape:
        """Lists a number no more; its attempts and PINs stay."""
        number = self._store.numbers.find(n)
        shown = self._views.number(number.id)
        self._store.numbers.forget(number.id, now=self.clock.now())
        return shown

    async def conditions(self, n: str) -> list[Shape]:
        """What is known of one number now: `{"type","status","reason","message","fix","since"}` each."""
        return self._views.conditions(self._store.numbers.find(n).id)
