"""`linewright operation …` and `linewright task …`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from linewright.cli import options as o
from linewright.cli.alerts import at_desk
from linewright.cli.ask import Answer, ask
from linewright.cli.inputs import is_terminal, secret_text
from linewright.cli.say import Shape, listing, result
from linewright.cli.session import run, timed
from linewright.cli.through import Manner, see_through
from linewright.cli.times import stamp
from linewright.cli.words import link_text, operation_list, operation_text, task_list, task_text
from linewright.errors import UsageError

if TYPE_CHECKING:
    from linewright.alert_desk import AlertDesk
    from linewright.face import Linewright

__all__ = ["operations", "tasks"]

operations = typer.Typer(help="What was asked for, and how far it is.", no_args_is_help=True)
tasks = typer.Typer(help="The questions that wait for a person.", no_args_is_help=True)

OperationId = Annotated[str, typer.Argument(metavar="ID", help="The operation's id.")]
TaskId = Annotated[str, typer.Argument(metavar="ID", help="The task's id.")]
TAKEN = 0
ASKS = 3


@operations.command("list")
def list_operations(
    state: Annotated[
        str | None, typer.Option("--state", metavar="S", help="Only these: running, waiting, asking, done, …")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """List the operations."""
    items, now = timed(lambda linewright: linewright.operations(state))
    result(listing(items), operation_list(items, now), as_json=as_json)
    return 0


@operations.command("show")
def show_operation(id: OperationId, as_json: o.Json = False) -> int:
    """Show an operation: what was tried, what happens next."""
    operation, now = timed(lambda linewright: linewright.operation(id))
    result(operation, operation_text(operation, now), as_json=as_json)
    return 0


@operations.command("cancel")
def cancel(id: OperationId, as_json: o.Json = False) -> int:
    """Cancel an operation, after the call in flight.

    Between a deregister and its register it asks first (status 3).
    """

    operation, now = timed(lambda linewright: linewright.cancel(id))
    while operation["state"] == "asking" and operation["task"] and is_terminal() and not as_json:
        answer = ask(operation["task"])
        if answer is None:
            break
        operation, now = timed(_answering(operation["task"]["id"], answer))
    result(operation, operation_text(operation, now), as_json=as_json)
    return ASKS if operation["state"] == "asking" else TAKEN


@operations.command("retry")
def retry(
    id: OperationId,
    wait: o.Wait = None,
    follow: o.Follow = False,
    timeout: o.Timeout = None,
    as_json: o.Json = False,
) -> int:
    """Take up again an operation that ended without its goal."""
    return see_through(lambda linewright: linewright.retry(id), Manner(wait, follow, timeout, as_json))


@tasks.command("list")
def list_tasks(as_json: o.Json = False) -> int:
    """List the open questions."""
    items = run(lambda linewright: linewright.tasks())
    result(listing(items), task_list(items), as_json=as_json)
    return 0


@tasks.command("show")
def show_task(id: TaskId, as_json: o.Json = False) -> int:
    """Show a question and every way to answer it."""
    task = run(lambda linewright: linewright.task(id))
    result(task, task_text(task), as_json=as_json)
    return 0


@tasks.command("answer")
def answer_task(
    id: TaskId,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the code or PIN from stdin.")] = False,
    file: Annotated[Path | None, typer.Option("--file", metavar="F", help="File with the code or PIN.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Go ahead as proposed.")] = False,
    done: Annotated[bool, typer.Option("--done", help="It is changed: look again.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Do not go on; the operation ends.")] = False,
    resend: Annotated[
        Literal["sms", "voice"] | None, typer.Option("--resend", help="Send a new code this way.")
    ] = None,
    pin_changed: Annotated[
        bool, typer.Option("--pin-changed", help="The PIN was changed since: refused ones may be right now.")
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Answer a question.

    Then every call is made that needs no waiting. Without an option it asks here, on a terminal.
    """
    chosen = [stdin or file is not None, approve, done, decline, resend is not None]
    if sum(chosen) > 1 or (stdin and file is not None):
        raise UsageError("More than one answer was given.", fix="Give one answer at a time.", reason="usage")
    if pin_changed and not chosen[0]:
        raise UsageError(
            "--pin-changed goes with the new PIN.", fix="Give the PIN with --stdin or --file.", reason="usage"
        )
    answer: Answer | None
    if not any(chosen):
        answer = _at_terminal(id)
        if answer is None:
            raise UsageError("No answer was given.", fix="The question stays open.", reason="usage")
    elif chosen[0]:
        answer = {"value": secret_text(file, "answer"), "pin_changed": pin_changed}
    elif resend is not None:
        answer = {"resend": resend}
    else:
        answer = {"approve": approve, "done": done, "decline": decline}
    taken, now = timed(_answering(id, answer))
    result(taken, operation_text(taken, now) if "goal" in taken else task_text(taken), as_json=as_json)
    return TAKEN


@tasks.command("link")
def link_task(
    id: TaskId,
    send: Annotated[
        str | None, typer.Option("--send", metavar="CHANNEL", help="Send it by this channel, and show it nowhere.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Let one person answer by a link, without a login.

    It is good for seven days or until the operation ends; a link made before opens nothing any more.
    """
    if send is not None:
        sent = at_desk(lambda desk, linewright: _sent(desk, linewright, id, send))
        until = stamp(datetime.fromisoformat(sent["expires_at"]))
        result(sent, f"The link was sent by {sent['channel']}. It is good until {until}.", as_json=as_json)
        return 0
    made, now = timed(lambda linewright: linewright.link(id))
    result(made, link_text(made, now), as_json=as_json)
    return 0


async def _sent(desk: AlertDesk, linewright: Linewright, task: str, channel: str) -> Shape:
    """The channel is looked up first: a link that goes nowhere would end the one before."""
    desk.named(channel)
    made = await linewright.link(task)
    return await desk.send_link(task, channel, made["url"], made["expires_at"], who="terminal")


def _at_terminal(id: str) -> Answer | None:
    if not is_terminal():
        raise UsageError(
            "No answer was given.",
            fix="Give one of --stdin, --file FILE, --approve, --done, --decline, --resend sms or --resend voice.",
            reason="usage",
        )
    return ask(run(lambda linewright: linewright.task(id)))


def _answering(task: str, answer: Answer) -> Callable[[Linewright], Awaitable[Shape]]:
    """Gives the answer and makes every call that is due by it; an account's question is its own result.

    Where a worker runs it makes the calls, and they are waited for."""

    async def work(linewright: Linewright) -> Shape:
        taken = await linewright.answer(task, **answer)
        if "goal" not in taken:
            return taken
        return await linewright.settle(taken["id"])

    return work
