"""Questions to people, asked of a service."""

from __future__ import annotations

from linewright import asked
from linewright.over_rest.base import Remote, Shape
from linewright.rest_client import segment
from linewright.secret import Secret

__all__ = ["Questions"]


class Questions(Remote):
    """What is asked of people."""

    async def tasks(self, state: str = "open") -> list[Shape]:
        return await self._rest.items("/tasks", state=state)

    async def task(self, task: str) -> Shape:
        found: Shape = await self._rest.get(f"/tasks/{segment(task)}")
        return found

    async def answer(
        self,
        task: str,
        *,
        value: Secret | None = None,
        approve: bool = False,
        done: bool = False,
        decline: bool = False,
        resend: str | None = None,
        pin_changed: bool = False,
        who: str = "terminal",
    ) -> Shape:
        asked.one_answer(value=value, approve=approve, done=done, decline=decline, resend=resend)
        body = {"value": value, "approve": approve, "done": done, "decline": decline, "resend": resend}
        return await self._shape(f"/tasks/{segment(task)}/answer", body | {"pin_changed": pin_changed})

    async def link(self, task: str) -> Shape:
        return await self._shape(f"/tasks/{segment(task)}/link")
