"""What the API answers with, as the OpenAPI document shows it: the shapes of DESIGN section 8, key by key.

The shapes themselves are made by `linewright.shapes`; nothing is validated on its way out, and a test holds
the two beside each other.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from linewright.domain.conditions import ConditionType, Status
from linewright.domain.guesses import Likelihood
from linewright.domain.journal import CallKind, Outcome
from linewright.domain.number import Standing, Wanted
from linewright.domain.operation import Goal, OperationState, ReplyKind, TaskKind
from linewright.domain.pin_history import PinEventKind
from linewright.domain.pins import PinState
from linewright.service.api.examples import EXAMPLES

__all__ = [
    "AccountShape",
    "Accounts",
    "AdoptedShape",
    "AttemptShape",
    "BudgetShape",
    "Checked",
    "Conditions",
    "EntryShape",
    "Errors",
    "Explanation",
    "Findings",
    "LinkShape",
    "NumberShape",
    "Numbers",
    "OperationShape",
    "Operations",
    "PinHistory",
    "PinStatus",
    "PlanShape",
    "ProblemShape",
    "ReasonShape",
    "ReleaseShape",
    "ServiceShape",
    "TaskShape",
    "Tasks",
]

Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]


def _like(example: str) -> ConfigDict:
    return ConfigDict(extra="forbid", title=None, json_schema_extra={"examples": [EXAMPLES[example]]})


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


class NumberRef(BaseModel):
    """The id is null while a migration knows only the phone of another provider's number."""

    model_config = ConfigDict(extra="forbid")
    id: str | None
    display: str
    e164: str


class TaskShape(BaseModel):
    """A question to a person. Without a number it is its account's, and every held operation shows it."""

    model_config = _like("task")
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

    model_config = _like("operation")
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


class PinShape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    state: PinState
    since: Moment | None


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

    model_config = _like("pin")
    number: NumberRef
    pin: PinShape
    accepted: PinEventShape | None
    against: list[PinEventShape]


class NumberShape(BaseModel):
    """A number as it was last read."""

    model_config = _like("number")
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


class AccountShape(BaseModel):
    """A WhatsApp Business Account; its secrets are never given out."""

    model_config = _like("account")
    name: str
    waba: str
    state: Literal["ok", "on_hold", "paused"]
    reason: str | None
    until: Moment | None
    task: str | None
    pin_reset: Literal["ask", "auto"]
    numbers: int


class _Listing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null at the end.")]


class Accounts(_Listing):
    items: list[AccountShape]


class Numbers(_Listing):
    items: list[NumberShape]


class Operations(_Listing):
    items: list[OperationShape]


class Tasks(_Listing):
    items: list[TaskShape]


class ConditionShape(BaseModel):
    """One thing that is known of a number, and since when; `fix` is what to do where something is."""

    model_config = ConfigDict(extra="forbid")
    type: ConditionType
    status: Status
    reason: str
    message: str
    fix: str | None
    since: Moment


class Conditions(_Listing):
    items: list[ConditionShape]


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


class PinHistory(_Listing):
    """What became of a phone's PINs, the oldest first."""

    items: list[PinEventShape]


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

    model_config = _like("plan")
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


class CheckedNumber(NumberShape):
    """`warning` is the type of the most important condition that is not as it should be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={})
    conditions: list[ConditionShape]
    warning: ConditionType | None


class Checked(_Listing):
    """Every number as it is now, and how many numbers and accounts need somebody."""

    model_config = ConfigDict(extra="allow")
    items: list[CheckedNumber]
    accounts: list[AccountShape]
    releases: Annotated[list[ReleaseShape], Field(description="Released numbers that can be deleted by now.")]
    attention: int
    checked_at: Moment


class Finding(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    ok: bool | None
    message: str
    fix: str | None


class Findings(_Listing):
    """What a registration of the number rests on, each looked at."""

    items: list[Finding]


class AdoptedShape(BaseModel):
    """What became of an adoption. `operation` registers the number, null where nothing was registered: `message` says
    why. `last_day` is until when it must be registered, 14 days after its signup; null once it is."""

    model_config = _like("adopted")
    account: AccountShape
    number: NumberShape | None
    operation: OperationShape | None
    last_day: Moment | None
    message: str
    next_step: str


class EntryShape(BaseModel):
    """One entry of the catalogue; `through` is the last code of a family."""

    model_config = _like("entry")
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


class Errors(_Listing):
    items: list[EntryShape]


class Explanation(BaseModel):
    """What an error means and what to do; `owner` says the same to the customer whose phone it is."""

    model_config = _like("explanation")
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


class ServiceShape(BaseModel):
    """This service: `now` is Linewright's clock, `worked` whether a worker makes the calls."""

    model_config = _like("service")
    version: str
    now: Moment
    clock_rate: float
    worked: bool


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

    model_config = _like("reason")
    type: str
    reason: str
    title: str
    meaning: str
    fix: str
