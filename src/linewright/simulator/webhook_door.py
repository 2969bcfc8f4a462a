"""The part of the control door that is about webhooks: where they go, how unkind they are, and what they tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from linewright.simulator.events import Told
from linewright.simulator.face import Face
from linewright.simulator.truth import Number

__all__ = ["WebhookDoor"]


class WebhookDoor:
    """Plain functions behind `control.py`; `KeyError` and `ValueError` as at the rest of the door."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.remote = face.remote

    def state(self) -> dict[str, Any]:
        """How unkind they are, and what became of them."""
        return self.face.webhooks.state()

    def set(self, *, callback: str | None = None, app: str | None = None, **unkind: Any) -> dict[str, Any]:
        """Name the app's callback address (the first app's unless `app` says; no handshake, an empty one takes it
        away), or set how unkind webhooks are (see `Unkindness`). What is not named stays."""
        if callback is not None:
            apps = self.remote.apps
            apps[app or next(iter(apps))].callback = callback or None
        webhooks = self.face.webhooks
        webhooks.unkindness = replace(webhooks.unkindness, **unkind)
        return self.state()

    def tell(
        self,
        *,
        number: str | None = None,
        waba: str | None = None,
        field: str | None = None,
        value: dict[str, Any] | None = None,
        event: str | None = None,
        **words: Any,
    ) -> dict[str, Any]:
        """A webhook about a number or an account: any `field` with its raw `value`, or an `event` of `EVENTS` by name,
        with its words. It changes no truth."""
        line = self.remote.find(number) if number is not None else None
        account = self.remote.accounts[str(line.account if line is not None else waba)]
        if event is not None:
            told = self.face.webhooks.happens(event, account, line, **words)
        elif field is not None and isinstance(value, dict) and not words:
            told = Told(field, value)
            self.face.webhooks.tell(account.id, told, line)
        else:
            raise ValueError("an event needs its name, or a field and an object as its value")
        return {"waba": account.id, "field": told.field, "value": told.value}

    def tells(self, number: Number, *events: str | tuple[str, dict[str, Any]]) -> None:
        """What a truth of this number that changed tells by itself."""
        account = self.remote.accounts[number.account]
        for each in events:
            name, words = (each, dict[str, Any]()) if isinstance(each, str) else each
            self.face.webhooks.happens(name, account, number, **words)
