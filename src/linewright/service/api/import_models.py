"""Shapes of imports, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linewright.domain.imports import RowGoal
from linewright.domain.number import Standing
from linewright.service.api.examples import EXAMPLES

__all__ = ["ImportReport", "ImportRows", "ImportShape", "Imports", "TakenImport"]

Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]
RowShown = Literal["queued", "creating", "running", "waiting", "asking", "done", "gave_up", "cancelled", "bad"]
_SHAPE = ConfigDict(extra="forbid")


class BadRow(BaseModel):
    """One thing that is wrong with a row. A cell is not repeated where it may hold a PIN."""

    model_config = _SHAPE
    line: int
    column: str | None
    phone: str | None
    reason: str
    message: str


class RoomShape(BaseModel):
    """What an account holds, and how many more it may; `limit` and `room` are null where Meta never told."""

    model_config = _SHAPE
    account: str
    numbers: int
    promised: Annotated[int, Field(description="Rows of other imports that will create.")]
    creates: int
    limit: int | None
    whole_business: Annotated[bool, Field(description="The limit counts every account of the business.")]
    room: int | None


class ImportReport(BaseModel):
    """What a look at a file found."""

    model_config = _SHAPE
    rows: int
    good: int
    pins: int
    creates: int
    bad: list[BadRow]
    rooms: list[RoomShape]


class Counts(BaseModel):
    model_config = _SHAPE
    queued: int
    creating: int
    running: int
    waiting: int
    asking: int
    done: int
    gave_up: int
    cancelled: int
    bad: int


class ImportShape(BaseModel):
    """A file of numbers; `counts` are its rows by their state."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLES["import"]]})
    id: str
    name: str
    state: Literal["running", "waiting", "asking", "done", "gave_up"]
    made_by: str
    made_at: Moment
    ended_at: Moment | None
    cancelled_at: Annotated[Moment | None, Field(description="When somebody stopped it.")]
    by_link: bool
    rows: int
    counts: Counts


class TakenImport(BaseModel):
    """`import` is null where nothing was taken, `report` where the file had been taken before."""

    model_config = _SHAPE
    import_: Annotated[ImportShape | None, Field(alias="import")]
    report: ImportReport | None


class ImportRowShape(BaseModel):
    """One row; its `phone` is null where none could be read."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLES["import_row"]]})
    line: int
    phone: str | None
    account: str | None
    number: str | None
    goal: RowGoal | None
    state: RowShown
    standing: Standing | None
    reason: str | None
    message: str
    operation: str | None
    task: str | None
    due_at: Moment | None


class Imports(BaseModel):
    model_config = _SHAPE
    items: list[ImportShape]
    next: str | None


class ImportRows(BaseModel):
    model_config = _SHAPE
    items: list[ImportRowShape]
    next: str | None
