"""Adoption: from a signup's code, or a token in hand, to a number that is registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linewright.adopt import Wish
from linewright.face.base import Face, Shape
from linewright.secret import Secret
from linewright.shapes import when

__all__ = ["Adoption"]


class Adoption(Face):
    """What is asked after Embedded Signup."""

    async def adopt(
        self,
        waba: str | None = None,
        *,
        number: str | None = None,
        code: Secret | None = None,
        token: Secret | None = None,
        app: str | None = None,
        event: str | Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Shape:
        """Adopts an account after Embedded Signup: `{"account","number","operation","last_day","message","next_step"}`.

        `code` is exchanged at once with the secret that is kept of `app` (it lives 30 s), or a `token` is in hand;
        with neither, what is kept of this WABA is used. `number` names what is registered; `event` is the session
        event, whole or its name, which may bring WABA and number; `name` is that of a new account. Asked again with
        the same, it goes on where it stopped and opens nothing twice. Makes every call that is due, unless a worker
        does. Raises what `add_account` raises.
        """
        shape, _ = await self.adopt_anew(waba, number=number, code=code, token=token, app=app, event=event, name=name)
        return shape

    async def adopt_anew(self, waba: str | None = None, *, who: str = "terminal", **given: Any) -> tuple[Shape, bool]:
        """`adopt`, and whether an account or an operation was opened by it."""
        adopted = await self._adoptions.adopt(Wish(waba=waba, who=who, **given))
        operation = await self._push(adopted.operation) if adopted.operation else None
        over = operation is not None and operation["ended_at"] is not None
        shape = {
            "account": self._account(adopted.account),
            "number": self._views.number(adopted.number) if adopted.number else None,
            "operation": operation,
            "last_day": when(adopted.last_day),
            "message": f"{adopted.message} {operation['message']}" if operation and over else adopted.message,
            "next_step": (operation and operation["next_step"]) or adopted.next_step,
        }
        return shape, adopted.fresh
