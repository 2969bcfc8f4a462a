"""The shapes of DESIGN 8 in words for people."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from linewright.cli.say import Shape, clean, pairs, table
from linewright.cli.times import ahead, clock_time, moment, stamp

__all__ = [
    "STATUS",
    "account_list",
    "again",
    "answer_ways",
    "attempt_answer",
    "budget_line",
    "goes_on",
    "link_text",
    "number_list",
    "number_text",
    "operation_list",
    "operation_text",
    "pin_history_text",
    "pin_status_text",
    "pin_words",
    "release_text",
    "state_words",
    "task_list",
    "task_text",
    "without_answer",
]

STATUS = {"done": 0, "asking": 3, "gave_up": 4, "cancelled": 4, "waiting": 5, "running": 5}
"""The exit status that the state of an operation stands for (DESIGN 8)."""
STATES = {"gave_up": "gave up"}
BUDGETS = {"register": "registrations", "deregister": "deregistrations", "request_code": "codes"}
WAYS = {
    "value": "{answer} --stdin (or --file FILE)",
    "resend": "{answer} --resend sms (or voice): send a new code",
    "approve": "{answer} --approve: {approve}",
    "done": "{answer} --done: {done}",
    "decline": "{answer} --decline: end it here",
}
HERE = ("127.0.0.1", "::1", "localhost")
HERE_ALONE = (
    "It opens on this machine alone: set LINEWRIGHT_PUBLIC_URL to the address at which people reach the service."
)
APPROVE = {"pin": "set a new PIN through the API"}
DONE = {"pin": "two-step verification is off now"}


def state_words(operation: Mapping[str, Any]) -> str:
    """`waiting (told-to-wait)`."""
    state = STATES.get(operation["state"], operation["state"])
    return f"{state} ({operation['reason']})" if operation["reason"] else str(state)


def operation_text(operation: Shape, now: datetime) -> str:
    """An operation: where it stands, why, what happens next and when, the question and the ways to answer."""
    number = operation["number"]
    lines = [
        f"{number['display']} in {operation['account']}: {operation['goal']} {state_words(operation)}, "
        f"the number is {operation['standing']}.",
        operation["message"],
        next_line(operation, now),
    ]
    lines = [clean(line) for line in lines if line]
    if operation["task"]:
        lines += ["", task_text(operation["task"])]
    if operation["attempts"]:
        rows = [attempt_row(attempt) for attempt in operation["attempts"]]
        lines += ["", table(("Time", "Call", "Answer", "Trace id"), rows, empty="")]
    lines += ["", f"Spent: {budget_line(operation['budgets'], now)}", f"Operation {operation['id']}"]
    return "\n".join(lines)


def next_line(operation: Shape, now: datetime) -> str | None:
    """`Next, in 4 min 12 s (14:05): …`."""
    step, wake = operation["next_step"], moment(operation["wake_at"])
    if operation["state"] in ("done", "gave_up", "cancelled"):
        return step or None
    if operation["state"] == "asking":
        return f"Next: {step}{without_answer(wake, now)}" if step else None
    when = f", {ahead(wake, now)} ({clock_time(wake, now)})" if wake else ""
    return f"Next{when}: {step or 'looks again.'}" if step or when else None


def without_answer(wake: datetime | None, now: datetime) -> str:
    """When an operation that asks looks again by itself, as a sentence to append; empty where that is not to come."""
    if wake is None or wake <= now:
        return ""
    return f" Without an answer it looks again {ahead(wake, now)} ({clock_time(wake, now)})."


def attempt_row(attempt: Shape) -> tuple[str, ...]:
    at = moment(attempt["at"])
    return (stamp(at) if at else "", attempt["call"], attempt_answer(attempt), attempt["fbtrace_id"] or "")


def attempt_answer(attempt: Mapping[str, Any]) -> str:
    """`refused 133005`, `ok`, `in doubt`."""
    outcome = str(attempt["outcome"]).replace("_", " ")
    if attempt["code"] is None:
        return outcome
    code = f"{attempt['code']}/{attempt['subcode']}" if attempt["subcode"] is not None else attempt["code"]
    return f"{outcome} {code}"


def budget_line(budgets: Mapping[str, Shape], now: datetime) -> str:
    """`registrations 2 of 10 in 72 h (8 by itself), …`, and until when one is blocked."""
    parts = []
    for kind, name in BUDGETS.items():
        budget = budgets.get(kind)
        if budget is None or (kind != "register" and not budget["used"] and not budget["blocked_until"]):
            continue
        window = f" in {budget['window_seconds'] // 3_600} h" if budget["window_seconds"] else ""
        text = f"{name} {budget['used']} of {budget['limit']}{window}"
        if budget["automatic_limit"] != budget["limit"]:
            text += f" ({budget['automatic_limit']} by itself)"
        blocked = moment(budget["blocked_until"])
        if blocked and blocked > now:
            text += f", blocked until {clock_time(blocked, now, not_before=True)}"
        parts.append(text)
    return "; ".join(parts) or "nothing yet"


def again(operation: Shape, asked_as: str | None = None) -> str:
    """The command that takes this operation up again; `asked_as` is the number as the person wrote it."""
    number = operation["number"]
    words = ["linewright", operation["goal"], asked_as or number["e164"] or number["id"]]
    if operation["goal"] in ("deregister", "release") and number["e164"]:
        words += ["--confirm", number["e164"][-4:]]
    if operation["goal"] == "migrate":
        words += ["--to", operation["account"]]
    return shlex.join(words)


def goes_on(operation: Shape, now: datetime, asked_as: str | None = None, *, worked: bool = False) -> str:
    """Who goes on with an operation that still waits, when this command ends."""
    if worked:
        return f"A worker goes on with it; `linewright operation show {operation['id']}` tells how far it is."
    wake = moment(operation["wake_at"])
    after = f" after {clock_time(wake, now, not_before=True)}" if wake and wake > now else ""
    return f"No worker runs here: repeat `{again(operation, asked_as)}`{after}, or start `linewright worker`."


def task_text(task: Shape) -> str:
    """A question and every way to answer it."""
    lines = [f"Question {task['id']} ({task['kind']}): {task['question']}"]
    if task["state"] != "open":
        return clean(f"{lines[0]}\nIt is {task['state']}.")
    return clean("\n".join([*lines, *(f"  {way}" for way in answer_ways(task))]))


def link_text(made: Shape, now: datetime) -> str:
    """A link that was made, and what to do with it."""
    ends = moment(made["expires_at"])
    until = f" until {clock_time(ends, now)}" if ends else ""
    said = f"Send this address to whoever has the phone. It opens this question alone{until}:\n{made['url']}"
    return f"{said}\n{HERE_ALONE}" if urlsplit(made["url"]).hostname in HERE else said


def answer_ways(task: Shape) -> list[str]:
    """The commands that answer a question."""
    answer = f"linewright task answer {task['id']}"
    kind = task["kind"]
    names = {"approve": APPROVE.get(kind, "go ahead"), "done": DONE.get(kind, "it is changed, look again")}
    return [WAYS[way].format(answer=answer, **names) for way in task["answers"]]


def task_list(tasks: list[Shape]) -> str:
    rows = [
        (task["id"], task["kind"], task["account"], (task["number"] or {}).get("display"), _in_short(task["question"]))
        for task in tasks
    ]
    shown = table(("Task", "Kind", "Account", "Number", "Question"), rows, empty="No question is open.")
    return f"{shown}\n`linewright task show TASK` has the whole question and the ways to answer." if tasks else shown


def _in_short(question: str) -> str:
    """What a list shows of a question: its first sentence. `task show` has the whole."""
    first = re.split(r"(?<=[.?:])\s", question.strip(), maxsplit=1)[0]
    return f"{first.removesuffix(':')} …" if len(first) < len(question.strip()) else first


def operation_list(operations: list[Shape], now: datetime) -> str:
    rows = [_operation_row(operation, moment(operation["wake_at"]), now) for operation in operations]
    columns = ("Operation", "Account", "Number", "Goal", "State", "Next")
    return table(columns, rows, empty="No operation was ever asked for.")


def _operation_row(operation: Shape, wake: datetime | None, now: datetime) -> tuple[object, ...]:
    number, state = operation["number"]["display"], state_words(operation)
    next_at = clock_time(wake, now) if wake else None
    return (operation["id"], operation["account"], number, operation["goal"], state, next_at)


def number_list(numbers: list[Shape]) -> str:
    rows = [
        (number["id"], number["account"], number["display"], number["standing"], number["wanted"], number["message"])
        for number in numbers
    ]
    columns = ("Id", "Account", "Number", "Standing", "Wanted", "What it means")
    empty = "No number is known. `linewright sync` reads them from the accounts."
    return table(columns, rows, empty=empty, spare=("Id", "Wanted"))


def number_text(number: Shape, now: datetime) -> str:
    read = moment(number["read_at"])
    facts = {
        "Number": number["display"],
        "Id": number["id"],
        "Account": number["account"],
        "Standing": number["standing"] + (f" ({number['reason']})" if number["reason"] else ""),
        "Means": number["message"],
        "Wanted": number["wanted"],
        "Read": stamp(read) if read else "never",
        "PIN": pin_words(number["pin"]),
        "Spent": budget_line(number["budgets"], now),
        "Operation": number["operation"],
    }
    return pairs(facts)


def account_list(accounts: list[Shape]) -> str:
    rows = [_account_row(account, moment(account["until"])) for account in accounts]
    columns = ("Account", "WABA", "State", "Until", "PIN reset", "Numbers", "Question")
    return table(columns, rows, empty="No account yet. `linewright account add NAME --waba ID` adds one.")


def pin_words(pin: Mapping[str, Any]) -> str:
    """`accepted, since 2026-03-01 09:00:00`."""
    since = moment(pin["since"])
    return f"{pin['state']}, since {stamp(since)}" if since else str(pin["state"])


MARKS = {True: "done    ", False: "to do   ", None: "not seen"}


def release_text(release: Shape) -> str:
    """How far a release is, what remains, and what another provider needs."""
    number = release["number"]["display"]
    lines = [f"{number} in {release['account']}: {_release_state(release)}"]
    if release["state"] == "released":
        lines += ["", "What remains:", *_todos(release["by_hand"])]
        lines += ["", "If another provider shall have it, before it is deleted:", *_todos(release["other_provider"])]
    return clean("\n".join(lines))


def _release_state(release: Shape) -> str:
    asked = f"The first key was turned by {release['opened_by']}"
    second = f", the second by {release['approved_by']}" if release["approved_by"] else ""
    return {
        "open": f"its release is under way (operation {release['operation']}). {asked}{second}.",
        "stopped": f"its release ended without giving it up (operation {release['operation']}).",
        "released": f"released, surely off since {_day(release['off_at'])}. {asked}{second}.",
        "gone": "released, and gone from its account. Nothing remains.",
        "back": "it was released, and brought back since.",
    }.get(release["state"], "it was released before; nothing reminds of that any more.")


def _day(text: str | None) -> str:
    at = moment(text)
    return f"{at:%Y-%m-%d}" if at else "an unknown day"


def _todos(todos: list[Shape]) -> list[str]:
    lines = []
    for todo in todos:
        lines.append(f"  {MARKS[todo['done']]}  {todo['what']}")
        lines += [f"            {todo['how']}"] if todo["how"] and todo["done"] is not True else []
    return lines


UNUSED = (
    "The remote does not use the PIN of this number any more. None is asked for; a registration still sends six "
    "digits, because the remote wants them."
)


def pin_status_text(status: Shape) -> str:
    """The state, when and by what the PIN was last accepted, and what speaks against it since."""
    lines = [f"{status['number']['display']}: PIN {pin_words(status['pin'])}."]
    if status["pin"]["state"] == "not used":
        lines.append(UNUSED)
    accepted = status["accepted"]
    if accepted is None:
        lines.append("No registration has proven a PIN of it here.")
    else:
        where = f" (operation {accepted['operation']})" if accepted["operation"] else ""
        lines.append(f"Last accepted {_at(accepted)} by {accepted['by']}{where}. {accepted['message']}")
        against = [
            f"Against it since: {_at(event)} {event['event']}: {event['message']}" for event in status["against"]
        ]
        lines += against or ["Nothing speaks against it since."]
    return clean("\n".join(lines))


def pin_history_text(events: list[Shape]) -> str:
    rows = [(_at(event), event["pin"], _what(event), event["message"], _by(event)) for event in events]
    return table(("Time", "PIN", "Event", "What it means", "By"), rows, empty="Nothing was ever known of its PIN.")


def _at(event: Shape) -> str:
    at = moment(event["at"])
    return stamp(at) if at else ""


def _what(event: Shape) -> str:
    name = str(event["event"]).replace("-", " ")
    return f"{name} {event['code']}" if event["code"] is not None else name


def _by(event: Shape) -> str:
    return f"{event['by']}, {event['operation']}" if event["operation"] else str(event["by"])


def _account_row(account: Shape, until: datetime | None) -> tuple[object, ...]:
    state = account["state"] + (f" ({account['reason']})" if account["reason"] else "")
    until_then = stamp(until) if until else None
    numbers, task = account["numbers"], account["task"]
    return (account["name"], account["waba"], state, until_then, account["pin_reset"], numbers, task)
