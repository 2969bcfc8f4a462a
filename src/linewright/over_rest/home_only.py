"""What works on the home alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from linewright.over_rest.base import Remote, Shape, here_only
from linewright.secret import Secret

__all__ = ["HomeOnly"]


class HomeOnly(Remote):
    """The methods of `Linewright` that make no sense from afar; each says where to go."""

    async def add_app(self, id: str, secret: Secret) -> Shape:
        raise here_only()

    async def apps(self) -> list[Shape]:
        raise here_only()

    async def remove_app(self, id: str) -> None:
        raise here_only()

    async def export_pins(
        self,
        path: str | Path,
        passphrase: Secret,
        *,
        numbers: Sequence[str] = (),
        account: str | None = None,
        who: str = "terminal",
    ) -> Shape:
        raise here_only()

    async def is_sealed(self, path: str | Path) -> bool:
        raise here_only()

    async def import_pins(self, path: str | Path, *, passphrase: Secret | None = None, who: str = "terminal") -> Shape:
        raise here_only()

    async def show_pin(self, n: str, *, who: str = "terminal") -> Secret:
        raise here_only()

    async def webhook(self, account: str, *, who: str = "terminal", point: bool = False) -> tuple[Shape, Secret]:
        raise here_only()

    async def rotate_key(self) -> Shape:
        raise here_only()

    async def backup(self, path: str | Path) -> Shape:
        raise here_only()

    async def restored(self) -> Shape:
        raise here_only()

    async def want(self, n: str, wanted: str, *, who: str = "terminal") -> Shape:
        raise here_only()

    async def people(self) -> list[Shape]:
        raise here_only()

    async def invite(self, name: str | None = None, *, now: datetime | None = None) -> Shape:
        raise here_only()

    @property
    def office(self) -> NoReturn:
        raise here_only()

    @property
    def settings(self) -> NoReturn:
        raise here_only()

    @property
    def home(self) -> NoReturn:
        raise here_only()
