"""Errors of the remote and of this API, as the API shows them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linewright.service.api.examples import EXAMPLES
from linewright.service.api.models.base import Listing, like

__all__ = ["EntryShape", "Errors", "Explanation", "ProblemShape", "ReasonShape"]


class EntryShape(BaseModel):
    """One entry of the catalogue; `through` is the last code of a family."""

    model_config = like("entry")
    key: str
    code: int
    through: int | None
    subcode: int | None
    name: str
    summary: str
    meaning: str
    steps: list[str]
    notes: list[str]
    who: Literal["nobody", "person", "support"]
    owner: str
    retry: Literal["never", "after_wait", "after_change"]
    wait_seconds: int | None
    costs: str
    documentation: str
    source: str


class Errors(Listing):
    items: list[EntryShape]


class Explanation(BaseModel):
    """What an error means and what to do; `owner` says the same to the customer whose phone it is."""

    model_config = like("explanation")
    known: bool
    code: int | None
    subcode: int | None
    name: str
    summary: str | None
    meaning: str | None
    steps: list[str]
    notes: list[str]
    who: Literal["nobody", "person", "support"]
    owner: str | None
    retry: Literal["never", "after_wait", "after_change"]
    wait_seconds: int | None
    wait_from: Literal["text", "header", "default"] | None
    costs: str | None
    documentation: str | None
    source: str | None
    fbtrace_id: str | None


class ProblemShape(BaseModel):
    """RFC 9457: `reason` is the stable name that programs go by, `type` the address of its page."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [EXAMPLES["problem"]]})
    type: str
    title: Annotated[str, Field(description="What is wrong.")]
    status: int
    detail: Annotated[str, Field(description="What to do.")]
    reason: str


class ReasonShape(BaseModel):
    """What a reason means, whenever it is given."""

    model_config = like("reason")
    type: str
    reason: str
    title: str
    meaning: str
    fix: str
