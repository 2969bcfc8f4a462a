"""Numbers and what is known of them, as the API shows them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from linewright.domain.conditions import ConditionType, Status
from linewright.domain.number import Standing, Wanted
from linewright.domain.pin_history import PinEventKind
from linewright.service.api.models.base import BudgetsShape, Listing, Moment, NumberRef, PinShape, like

__all__ = [
    "ConditionShape",
    "Conditions",
    "Finding",
    "Findings",
    "NumberShape",
    "Numbers",
    "PinEventShape",
    "PinHistory",
    "PinStatus",
    "ReleaseShape",
    "TodoShape",
]


class NumberShape(BaseModel):
    """A number as it was last read."""

    model_config = like("number")
    id: str
    account: str
    display: str
    e164: str
    standing: Standing
    reason: str | None
    message: str
    wanted: Wanted
    read_at: Moment | None
    reading: dict[str, Any] | None
    pin: PinShape
    operation: str | None
    budgets: BudgetsShape


class Numbers(Listing):
    items: list[NumberShape]


class PinEventShape(BaseModel):
    """Something that happened to a PIN. `pin` counts the phone's different PINs in the order in which they came."""

    model_config = ConfigDict(extra="forbid")
    at: Moment
    event: PinEventKind
    pin: int | None
    message: str
    by: str
    operation: str | None
    code: int | None
    fbtrace_id: str | None


class PinStatus(BaseModel):
    """What is known of a number's PIN; the PIN itself is never given out here. `accepted` is when and by what it was
    last accepted, `against` what speaks against it since."""

    model_config = like("pin")
    number: NumberRef
    pin: PinShape
    accepted: PinEventShape | None
    against: list[PinEventShape]


class PinHistory(Listing):
    """What became of a phone's PINs, the oldest first."""

    items: list[PinEventShape]


class ConditionShape(BaseModel):
    """One thing that is known of a number, and since when; `fix` is what to do where something is."""

    model_config = ConfigDict(extra="forbid")
    type: ConditionType
    status: Status
    reason: str
    message: str
    fix: str | None
    since: Moment


class Conditions(Listing):
    items: list[ConditionShape]


class Finding(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    ok: bool | None
    message: str
    fix: str | None


class Findings(Listing):
    """What a registration of the number rests on, each looked at."""

    items: list[Finding]


class TodoShape(BaseModel):
    """Something that must be so; `done` is null where it cannot be seen."""

    model_config = ConfigDict(extra="forbid")
    name: str
    done: bool | None
    what: str
    how: str | None


class ReleaseShape(BaseModel):
    """A number that is given up. `deletable_at`: from then on WhatsApp Manager deletes it at the latest."""

    model_config = ConfigDict(extra="forbid")
    number: NumberRef
    account: str
    state: Literal["open", "stopped", "released", "gone", "back", "again", "forgotten"]
    operation: str
    opened_at: Moment
    opened_by: str
    approved_at: Moment | None
    approved_by: str | None
    off_at: Moment | None
    last_paid: str | None
    deletable_at: Moment | None
    reminded_at: Moment | None
    closed_at: Moment | None
    standing: Standing
    read_at: Moment | None
    by_hand: list[TodoShape]
    other_provider: list[TodoShape]
