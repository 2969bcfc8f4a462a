"""Operations and their questions, as the API shows them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from linewright.domain.journal import Outcome
from linewright.domain.number import Standing
from linewright.domain.operation import Goal, OperationState, ReplyKind, TaskKind
from linewright.service.api.models.base import BudgetsShape, Listing, Moment, NumberRef, like

__all__ = ["AttemptShape", "LinkShape", "OperationShape", "Operations", "TaskShape", "Tasks"]


class TaskShape(BaseModel):
    """A question to a person. Without a number it is its account's, and every held operation shows it."""

    model_config = like("task")
    id: str
    kind: TaskKind
    question: str
    answers: list[ReplyKind]
    account: str
    number: NumberRef | None
    operation: str | None
    opened_at: Moment
    expires_at: Moment | None
    state: Literal["open", "answered", "closed"]


class LinkShape(BaseModel):
    """`url` is a secret of its own: whoever has it may answer."""

    model_config = ConfigDict(extra="forbid")
    url: str
    expires_at: Moment


class AttemptShape(BaseModel):
    """One call that writes to the remote."""

    model_config = ConfigDict(extra="forbid")
    at: Moment
    answered_at: Moment | None
    call: Literal["register", "deregister", "request_code", "verify_code", "set_pin", "create", "subscribe"]
    outcome: Outcome
    code: int | None
    subcode: int | None
    details: str | None
    fbtrace_id: str | None
    http_status: int | None


class OperationShape(BaseModel):
    """Something asked for: how far it is, why, and what happens next and when."""

    model_config = like("operation")
    id: str
    account: str
    number: NumberRef
    goal: Goal
    state: OperationState
    reason: str | None
    message: str
    next_step: str | None
    opened_at: Moment
    ended_at: Moment | None
    wake_at: Moment | None
    standing: Standing
    read_at: Moment | None
    task: TaskShape | None
    attempts: list[AttemptShape]
    budgets: BudgetsShape


class Operations(Listing):
    items: list[OperationShape]


class Tasks(Listing):
    items: list[TaskShape]
