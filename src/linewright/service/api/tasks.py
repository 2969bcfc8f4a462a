"""`/tasks`: the questions that wait for a person, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from linewright.domain.operation import ReplyKind
from linewright.service.api.alert_models import SendBy, SentLink
from linewright.service.api.bodies import Answer
from linewright.service.api.idempotency import Idempotent, answers_once
from linewright.service.api.models import LinkShape, OperationShape, Tasks, TaskShape
from linewright.service.api.parts import Account, Cursor, Id, Limit, TheDesk, acted, paged, refused, shown, views_of
from linewright.service.links_out import link_by_channel, link_for
from linewright.service.who import Operator, Viewer

__all__ = ["router"]

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=Idempotent)
UNKNOWN = refused(404)
State = Annotated[Literal["open", "answered", "closed"], Query(description="In which state.")]


@router.get("", response_model=Tasks, summary="The questions, the oldest first")
def list_tasks(
    desk: TheDesk,
    caller: Viewer,
    state: State = "open",
    account: Account = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JSONResponse:
    found, following = desk.store.tasks.listing(account=account, state=state, after=cursor, limit=limit)
    views = views_of(desk)
    return paged([views.task(task) for task in found], following)


@router.get("/{task}", response_model=TaskShape, responses=UNKNOWN, summary="One question")
def show_task(desk: TheDesk, caller: Viewer, task: Id) -> JSONResponse:
    return shown(views_of(desk).task(desk.store.tasks.get(task)))


@router.post(
    "/{task}/answer",
    response_model=OperationShape | TaskShape,
    responses=refused(404, 409),
    summary="Answer a question",
)
async def answer_task(desk: TheDesk, caller: Operator, task: Id, body: Answer) -> JSONResponse:
    """The answer is the operation, or the question itself where it is an account's. 409 once it is closed; 422
    (`answer-refused`, `pin-refused`, `second-key`) turns an answer away, and the question stays open. Where no worker
    runs, every call that needs no waiting is made before the answer comes."""
    given = {name: getattr(body, name) for name in type(body).model_fields}
    taken = await desk.linewright.answer(task, **given, who=caller.person)
    acted(desk, caller, "task answer", task, answer=_kind(body).value)
    return shown(await desk.linewright.push(taken["id"]) if "goal" in taken else taken)


@router.post(
    "/{task}/link",
    response_model=LinkShape | SentLink,
    status_code=201,
    responses=refused(404, 409),
    summary="Make a link for whoever has the phone",
)
@answers_once
async def link_task(desk: TheDesk, caller: Operator, task: Id, body: SendBy | None = None) -> JSONResponse:
    """An address that opens this question for one person without a login, for seven days or until it is answered.
    It is told this once; an earlier one for the same operation opens nothing any more. With `send` it goes out by
    that channel at once, and is not in the answer; 503 (`channel-failed`) where the channel did not take it."""
    if body is not None:
        return shown(await link_by_channel(desk, task, body.send, caller.who), 201)
    return shown(await link_for(desk, task, caller.who), 201)


def _kind(body: Answer) -> ReplyKind:
    """Of an answer that was taken, so it is exactly one."""
    chosen = (name for name in ("approve", "done", "decline") if getattr(body, name))
    if body.value is not None:
        return ReplyKind.VALUE
    return ReplyKind(next(chosen, "resend"))
