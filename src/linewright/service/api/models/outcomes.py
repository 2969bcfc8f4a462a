"""What a check, an adoption and a look at the service itself are answered with."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linewright.domain.conditions import ConditionType
from linewright.service.api.models.accounts import AccountShape
from linewright.service.api.models.base import Listing, Moment, like
from linewright.service.api.models.numbers import ConditionShape, NumberShape, ReleaseShape
from linewright.service.api.models.operations import OperationShape

__all__ = ["AdoptedShape", "Checked", "CheckedNumber", "ServiceShape"]


class CheckedNumber(NumberShape):
    """`warning` is the type of the most important condition that is not as it should be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={})
    conditions: list[ConditionShape]
    warning: ConditionType | None


class Checked(Listing):
    """Every number as it is now, and how many numbers and accounts need somebody."""

    model_config = ConfigDict(extra="allow")
    items: list[CheckedNumber]
    accounts: list[AccountShape]
    releases: Annotated[list[ReleaseShape], Field(description="Released numbers that can be deleted by now.")]
    attention: int
    checked_at: Moment


class AdoptedShape(BaseModel):
    """What became of an adoption. `operation` registers the number, null where nothing was registered: `message` says
    why. `last_day` is until when it must be registered, 14 days after its signup; null once it is."""

    model_config = like("adopted")
    account: AccountShape
    number: NumberShape | None
    operation: OperationShape | None
    last_day: Moment | None
    message: str
    next_step: str


class ServiceShape(BaseModel):
    """This service: `now` is Linewright's clock, `worked` whether a worker makes the calls."""

    model_config = like("service")
    version: str
    now: Moment
    clock_rate: float
    worked: bool
