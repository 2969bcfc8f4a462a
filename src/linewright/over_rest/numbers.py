"""Numbers, what is known of them, and their release, asked of a service."""

from __future__ import annotations

from linewright import asked
from linewright.over_rest.base import Remote, Shape, named
from linewright.rest_client import segment

__all__ = ["Numbers"]


class Numbers(Remote):
    """What is asked of numbers."""

    async def sync(self, account: str | None = None) -> list[Shape]:
        names = [account] if account else [each["name"] for each in await self._rest.items("/accounts")]
        found: list[Shape] = []
        for name in names:
            found += (await self._rest.post(f"/accounts/{segment(name)}/sync"))["items"]
        return found

    async def numbers(self, standing: str | None = None) -> list[Shape]:
        wanted = asked.standing(standing)
        return await self._rest.items("/numbers", standing=wanted.value if wanted else None)

    async def number(self, n: str) -> Shape:
        found: Shape = await self._of(n, "")
        return found

    async def conditions(self, n: str) -> list[Shape]:
        found = await self._of(n, "/conditions")
        return list(found["items"])

    async def add_number(self, e164: str, account: str, verified_name: str, *, who: str = "terminal") -> Shape:
        return await self._shape("/numbers", {"e164": e164, "account": account, "verified_name": verified_name})

    async def forget_number(self, n: str) -> Shape:
        path, account = named(n)
        gone: Shape = await self._rest.delete(path, account=account)
        return gone

    async def release(
        self, n: str, *, confirm: str | None = None, last_paid: str | None = None, who: str = "terminal"
    ) -> Shape:
        path, account = named(n)
        return await self._shape(f"{path}/release", {"confirm": confirm, "last_paid": last_paid}, account=account)

    async def release_status(self, n: str, *, last_paid: str | None = None) -> Shape:
        path, account = named(n)
        if last_paid is None:
            found: Shape = await self._of(n, "/release")
            return found
        changed: Shape = await self._rest.patch(f"{path}/release", {"last_paid": last_paid}, account=account)
        return changed

    async def pin_status(self, n: str) -> Shape:
        found: Shape = await self._of(n, "/pin")
        return found

    async def pin_history(self, n: str) -> list[Shape]:
        found = await self._of(n, "/pin/history")
        return list(found["items"])
