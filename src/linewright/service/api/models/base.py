"""What the shapes of the API share: moments, listings, and the parts that more than one of them has."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linewright.domain.pins import PinState
from linewright.service.api.examples import EXAMPLES

__all__ = ["BudgetShape", "BudgetsShape", "Listing", "Moment", "NumberRef", "PinShape", "like"]

Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]


def like(example: str) -> ConfigDict:
    return ConfigDict(extra="forbid", title=None, json_schema_extra={"examples": [EXAMPLES[example]]})


class Listing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null at the end.")]


class NumberRef(BaseModel):
    """The id is null while a migration knows only the phone of another provider's number."""

    model_config = ConfigDict(extra="forbid")
    id: str | None
    display: str
    e164: str


class BudgetShape(BaseModel):
    """How many calls of a kind remain; `used` counts those that Linewright made in the moving window."""

    model_config = ConfigDict(extra="forbid")
    used: int
    limit: int
    automatic_limit: int
    window_seconds: int
    next_free_at: Moment | None
    blocked_until: Moment | None


class BudgetsShape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    register_: Annotated[BudgetShape, Field(alias="register")]
    deregister: BudgetShape
    request_code: BudgetShape


class PinShape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    state: PinState
    since: Moment | None
