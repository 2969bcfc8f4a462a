"""What would be done, as the API shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from linewright.domain.guesses import Likelihood
from linewright.domain.journal import CallKind
from linewright.domain.number import Standing
from linewright.domain.operation import Goal
from linewright.service.api.models.base import Moment, NumberRef, like

__all__ = ["PlanBranch", "PlanCost", "PlanNode", "PlanOutcome", "PlanShape"]


class PlanCost(BaseModel):
    """What was spent on the way to a place. `wait_seconds` leaves out the time that people take."""

    model_config = ConfigDict(extra="forbid")
    registrations: int
    deregistrations: int
    codes: int
    questions: int
    wait_seconds: int


class PlanOutcome(BaseModel):
    """One thing that may come back: an answer of the remote, or of a person; `because` is what speaks for it."""

    model_config = ConfigDict(extra="forbid")
    key: str
    label: str
    code: int | None
    subcode: int | None
    because: str | None


class PlanBranch(BaseModel):
    """Answers that lead to the same place, the likeliest first."""

    model_config = ConfigDict(extra="forbid")
    likelihood: Likelihood
    outcomes: list[PlanOutcome]
    then: PlanNode


class PlanNode(BaseModel):
    """What is decided at one place, after the calls of `reads`. `more` are the answers that are not followed; `cut`
    says that nothing is known of what follows."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["call", "wait", "ask", "done", "give_up"]
    call: CallKind | None
    reason: str | None
    does: str
    why: str
    next_step: str | None
    reads: list[CallKind]
    wait_seconds: int | None
    until: Moment | None
    question: str | None
    cost: PlanCost
    branches: list[PlanBranch]
    more: list[str]
    cut: bool


class PlanShape(BaseModel):
    """What would be done now, and what each answer would lead to; nothing of it was done."""

    model_config = like("plan")
    number: NumberRef
    account: str
    goal: Goal
    operation: str | None
    at: Moment
    standing: Standing
    read_at: Moment | None
    read_age_seconds: int | None
    summary: str
    assumes: str
    depth: int
    tree: PlanNode
