"""What every handler is given: Linewright on its home, and what only the service needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from linewright.engine.ports import Clock
from linewright.face import Linewright
from linewright.service.cookies import Cookies
from linewright.store.store import Store

__all__ = ["Desk", "desk_of"]


@dataclass(frozen=True, slots=True)
class Desk:
    """`clock` tells real time, for sessions and tokens; what is shown of numbers goes by Linewright's own clock."""

    linewright: Linewright
    clock: Clock
    cookies: Cookies
    public_url: str
    """How others reach this service, without a slash at the end."""

    @property
    def store(self) -> Store:
        return self.linewright.office.store

    @property
    def secure(self) -> bool:
        """Whether people come by TLS."""
        return self.public_url.startswith("https://")

    def now(self) -> datetime:
        return self.clock.now()


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
