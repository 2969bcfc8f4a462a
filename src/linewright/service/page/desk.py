"""The desk: the open questions, the most urgent first, and every answer that they take."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from linewright.domain.operation import TaskKind
from linewright.errors import LinewrightError, UsageError
from linewright.secret import Secret
from linewright.service.desk import Desk
from linewright.service.links_out import link_by_channel, link_for
from linewright.service.page.frame import Form, Operating, Person, TheDesk, draw, fragment, goto, text_of
from linewright.service.page.operations import said_of
from linewright.service.page.parts import NEWS, audited, views_of
from linewright.service.page.words import ANSWERS, QUESTIONS, words_for
from linewright.service.problems import status_of
from linewright.store.fleet import ANSWER, Question

__all__ = ["router"]

router = APIRouter()
PAGE = 50
"""Questions on one page."""
NEWS_EVERY = 5
"""Real seconds between two questions of the page whether something came or was answered."""
Text = Annotated[str, Query(max_length=8_000)]


@router.get("/desk")
def desk_page(
    request: Request, desk: TheDesk, caller: Person, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    found, total = desk.store.fleet.questions(skip=(page - 1) * PAGE, limit=PAGE)
    shown: dict[str, Any] = {
        "reminders": _reminders(desk) if page == 1 else [],
        "questions": found,
        "total": total,
        "next_href": f"/desk?page={page + 1}" if total > page * PAGE else "",
        "first_href": "/desk" if page > 1 else "",
        "live": page == 1,
    }
    return draw(request, caller, "desk.html", **shown, **_nothing_wrong(), **words_for(caller))


@router.get("/desk/news")
def news(request: Request, desk: TheDesk, caller: Person, have: Text = "") -> Response:
    """What came, and what somebody else has answered, since the questions `have` were shown. What is being typed
    into the others stays as it is."""
    shown = [each for each in have.split(",") if each][:PAGE]
    found, total = desk.store.fleet.questions(limit=PAGE)
    open_now = {question.task.id for question in found}
    came = [question for question in found if question.task.id not in shown]
    gone = [closed for each in shown if each not in open_now and (closed := _closed(desk, each)) is not None]
    if not came and not gone:
        return Response(status_code=NEWS)
    context: dict[str, Any] = {"came": came, "gone": gone, "questions": found, "total": total} | _nothing_wrong()
    return fragment(request, caller, "desk_news.html", **context, **words_for(caller))


@router.get("/desk/{task}")
def question(request: Request, desk: TheDesk, caller: Person, task: str) -> Response:
    """One question; one that is closed says what became of it."""
    return _one(request, desk, caller, task)


@router.post("/desk/{task}")
async def answer(request: Request, desk: TheDesk, caller: Operating, task: str, form: Form) -> Response:
    """Takes an answer and says at once what came of it: a wrong code is asked for again, with the reason."""
    asked = desk.store.tasks.get(task)
    try:
        shape = await desk.linewright.answer(task, **_answer(form), who=caller.person)
    except UsageError as refused:
        if refused.reason == "task-closed":
            return _one(request, desk, caller, task, late=True)
        return _one(request, desk, caller, task, wrong=refused)
    audited(desk, caller, ANSWER, task, answer=text_of(form, "answer"), kind=asked.kind.value)
    if asked.operation is None:
        return goto(request, "/desk", said=f"Taken. Linewright looks at the account {asked.account} again.")
    shape = await desk.linewright.settle(shape["id"])
    again = shape["task"]
    if again is not None and again["id"] != task:
        return goto(request, f"/desk/{again['id']}", said=shape["message"] or again["question"], kind="warn")
    return goto(request, f"/numbers/{shape['number']['id']}", **said_of(shape))


@router.post("/desk/{task}/link")
async def ask_by_link(request: Request, desk: TheDesk, caller: Operating, task: str, form: Form) -> Response:
    """Makes an address that opens this question for whoever has the phone: shows it this once, or sends it by the
    channel `send`."""
    channel = text_of(form, "send")
    if channel:
        sent = await link_by_channel(desk, task, channel, caller.who)
        return goto(request, f"/desk/{task}", said=f"The link was sent by {sent['channel']}. It is shown nowhere.")
    made = await link_for(desk, task, caller.who)
    found, channels = desk.store.tasks.get(task), [each.name for each in desk.store.channels.all()]
    shown = {"task": found, "url": made["url"], "expires_at": made["expires_at"], "channels": channels}
    return draw(request, caller, "linked.html", **shown)


def _reminders(desk: Desk) -> list[dict[str, Any]]:
    """Released numbers that somebody should delete by now."""
    due = desk.store.releases.due(desk.linewright.clock.now())
    found = [views_of(desk).release(desk.store.numbers.get(each.number)) for each in due]
    return [each for each in found if each["state"] == "released"]


def _answer(form: FormData) -> dict[str, Any]:
    """What a form says; a code or PIN goes straight into a secret. Raises `UsageError` for an empty one."""
    kind, value = text_of(form, "answer"), text_of(form, "value")
    if kind == "value" and not value:
        raise UsageError(
            "Nothing was typed.", fix="Type the six digits; the question stays open.", reason="answer-refused"
        )
    return {
        "value": Secret(value) if kind == "value" else None,
        "approve": kind == "approve",
        "done": kind == "done",
        "decline": kind == "decline",
        "resend": {"resend-sms": "sms", "resend-voice": "voice"}.get(kind),
        "pin_changed": kind == "value" and bool(text_of(form, "pin_changed")),
    }


def _one(
    request: Request,
    desk: Desk,
    caller: Person,
    task: str,
    *,
    wrong: LinewrightError | None = None,
    late: bool = False,
) -> Response:
    """The page of one question. `late`: somebody else was faster, which is nobody's fault."""
    found = desk.store.tasks.get(task)
    operation = views_of(desk).operation(found.operation) if found.operation else None
    name = desk.store.fleet.one(found.number.id).name if found.number and _listed(desk, found.number.id) else ""
    goal = desk.store.operations.get(found.operation).goal if found.operation else None
    shown = Question(task=found, name=name, goal=goal, held=0)
    status = 409 if late else status_of(wrong) if wrong else 200
    context: dict[str, Any] = {"question": shown, "operation": operation, "closed": _closed(desk, task), "late": late}
    return draw(
        request, caller, "question.html", status=status, **context, wrong=wrong, wrong_task=task, **words_for(caller)
    )


def _listed(desk: Desk, number: str) -> bool:
    try:
        desk.store.fleet.one(number)
    except KeyError:
        return False
    return True


def _closed(desk: Desk, task: str) -> dict[str, Any] | None:
    """What became of a question that is open no more: who answered, and what; None while it is open."""
    try:
        found = desk.store.tasks.get(task)
    except UsageError:
        return None
    if found.state == "open":
        return None
    said = desk.store.fleet.answered(task)
    return {
        "task": found,
        "title": QUESTIONS[found.kind.value],
        "who": said.who if said else None,
        "words": ANSWERS[said.answer] if said and said.answer else None,
        "at": said.at if said else None,
    }


def _nothing_wrong() -> dict[str, Any]:
    return {"wrong": None, "wrong_task": "", "TaskKind": TaskKind}
