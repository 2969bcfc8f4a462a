"""A plan in words: the JSON that the command line, the page and the drawing tell it from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from linewright.catalogue.render import duration
from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.budget import budget_of
from linewright.domain.case import Case
from linewright.domain.foresight import SUPPOSED, Branch, Node
from linewright.domain.guesses import Guess
from linewright.domain.imagined import IMAGINED, Cost
from linewright.domain.journal import CallKind
from linewright.domain.number import Reading
from linewright.domain.operation import ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin, PinState
from linewright.shapes import due, number_ref, seconds, when

__all__ = ["plan_shape", "price"]

Shape = dict[str, Any]
ACTIONS = {Call: "call", Wait: "wait", Ask: "ask", Done: "done", GiveUp: "give_up"}
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
CALLS = {
    CallKind.DEREGISTER: "deregisters",
    CallKind.VERIFY_CODE: "verifies the code",
    CallKind.SUBSCRIBE: "subscribes the app to the account's webhooks",
    CallKind.KEEP_STORAGE: "sets the local storage settings again",
    CallKind.CREATE: "creates the number in the account",
    CallKind.READ: "reads the number",
    CallKind.SURVEY: "looks at the account that the number moves to",
    CallKind.READ_SOURCE: "reads the number where it comes from",
    CallKind.SURVEY_SOURCE: "looks at the account that the number comes from",
}
WAITS = {
    Reason.SETTLING: "until a reading shows it",
    Reason.NAME_IN_REVIEW: "for the review of the display name",
    Reason.TOLD_TO_WAIT: "as the remote asked",
    Reason.SERVER_DOWN: "while the registration server is down",
    Reason.THEIR_TROUBLE: "for the remote's trouble to pass",
    Reason.SPACING: "between two calls",
    Reason.AUTOMATIC_CAP: "until an attempt is 72 hours old",
    Reason.BLOCKED: "until the block ends",
    Reason.USAGE_LIMIT: "until the account may call again",
    Reason.UNKNOWN_READING: "before it reads again",
    Reason.CONTRADICTORY: "for a second reading",
    Reason.IN_DOUBT: "for readings to tell whether it happened",
    Reason.REGISTERING: "before it registers once more",
}
ASKS = {
    Topic.CODE: "asks for the code",
    Topic.PIN: "asks for the PIN",
    Topic.LOCKED: "asks whether the PIN is right",
    Topic.DEREGISTER: "asks whether it may go offline",
    Topic.CANCEL: "asks whether it may stay offline",
    Topic.PROPOSAL: "asks whether to bring it back",
    Topic.ACCOUNT: "asks to mend the account",
    Topic.CHANGE: "asks for a change",
    Topic.PREFLIGHT: "asks for what the move needs",
    Topic.TWO_STEP: "asks whether two-step verification is off",
    Topic.RELEASE: "asks for the second key",
}
ENDS = {
    Reason.ALREADY_ONLINE: "online already",
    Reason.REGISTERED: "online",
    Reason.VERIFIED: "verified",
    Reason.DEREGISTERED: "deregistered",
    Reason.NOT_REGISTERED: "not registered",
    Reason.PIN_SET: "the new PIN is set",
    Reason.MIGRATED: "moved, and online",
    Reason.NOT_YET_PROVEN: "online, not yet proven",
    Reason.NOT_OURS: "not for Linewright to change",
    Reason.DELETED: "no longer in the account",
    Reason.NO_WAY_BACK: "no sure way back",
    Reason.DECLINED: "declined",
    Reason.CANCELLED: "cancelled",
}


def plan_shape(root: Node, case: Case, *, depth: int, read: Reading | None = None) -> Shape:
    """The whole plan. `case` is the one it was made for, `read` the reading that was taken for it."""
    operation, seen = case.operation, case.last_good
    return {
        "number": number_ref(case.number),
        "account": case.account.name,
        "goal": operation.goal.value,
        "operation": operation.id if operation.id != SUPPOSED else None,
        "at": when(case.now),
        "standing": case.standing.value,
        "read_at": when(seen.at) if seen else None,
        "read_age_seconds": seconds(case.ago(seen.at)) if seen else None,
        "summary": _summary(root, case),
        "assumes": _assumes(case, read),
        "depth": depth,
        "tree": _node(root),
    }


def price(cost: Shape) -> str:
    """`2 registrations, 1 question, 1 min`: what a path has spent; empty for nothing."""
    names = {
        "registrations": "registration",
        "deregistrations": "deregistration",
        "codes": "code",
        "questions": "question",
    }
    parts = [f"{cost[key]} {name}{'s' * (cost[key] != 1)}" for key, name in names.items() if cost[key]]
    parts += [duration(cost["wait_seconds"])] if cost["wait_seconds"] else []
    return ", ".join(parts)


def _summary(root: Node, case: Case) -> str:
    action = root.action
    now = f"Now: {_does(root)}"
    if isinstance(action, Done | GiveUp):
        nothing = "Nothing would be sent." if not root.reads else "It would be read, and nothing sent."
        told = now if isinstance(action, Done) else f"Now: gives up ({_ending(action)})"
        return f"{told}. {nothing}"
    return f"{now}; {_costs(action, case)}. {_likely(root)}"


def _costs(action: Action, case: Case) -> str:
    budgeted = (CallKind.REGISTER, CallKind.DEREGISTER, CallKind.REQUEST_CODE)
    if not isinstance(action, Call) or action.kind not in budgeted:
        return "costs nothing"
    budget = budget_of(case, action.kind)
    limit = budget.limit if case.operation.use_reserve else budget.automatic_limit
    name = {CallKind.REGISTER: "registrations", CallKind.DEREGISTER: "deregistrations"}.get(action.kind, "codes")
    used = f" ({budget.used} used)" if budget.used else ""
    return f"costs 1 of {limit} {name} in {budget.window // HOUR} h{used}"


def _likely(root: Node) -> str:
    path = list(root.likeliest)
    end, asked = path[-1], sum(isinstance(node.action, Ask) for node in path)
    if end.cut or not isinstance(end.action, Done | GiveUp):
        return "What comes of it cannot be foreseen."
    within = duration(round(end.cost.waited.total_seconds())) if end.cost.waited >= SECOND else ""
    more = _spent(end.cost, root)
    with_answer = "" if not asked else "With an answer, most likely " if asked == 1 else "With answers, most likely "
    told = f"{with_answer or 'Most likely '}{_ending(end.action)}"
    return f"{told}{f' within {within}' if within else ''}{f', for {more}' if more else ''}."


def _spent(cost: Cost, root: Node) -> str:
    """What the likeliest path costs, where that is more than the call that is made now."""
    now = root.action.kind if isinstance(root.action, Call) else None
    parts = []
    for name, count, kind in (
        ("registration", cost.registrations, CallKind.REGISTER),
        ("deregistration", cost.deregistrations, CallKind.DEREGISTER),
        ("code", cost.codes, CallKind.REQUEST_CODE),
    ):
        if count > (now is kind):
            parts.append(f"{count} {name}{'s' * (count != 1)}")
    return " and ".join(parts)


def _assumes(case: Case, read: Reading | None) -> str:
    seen = case.last_good
    if read is not None and read.good:
        return f"It was read just now: {case.standing.value}. Nothing else was sent or kept."
    tried = "It could not be read just now. " if read is not None else ""
    if seen is None:
        return f"{tried or 'It was never read. '}What it reads decides. Nothing was sent or kept."
    age = duration(int(case.ago(seen.at).total_seconds()))
    return f"{tried}Taken to read as it did {age} ago: {case.standing.value}. Nothing was sent or kept."


# The tree


def _node(node: Node) -> Shape:
    action = node.action
    asked = action.ask if isinstance(action, Wait) else action if isinstance(action, Ask) else None
    return {
        "action": ACTIONS[type(action)],
        "call": action.kind.value if isinstance(action, Call) else None,
        "reason": None if isinstance(action, Call) else action.reason.value,
        "does": _does(node),
        "why": "" if isinstance(action, Call) else action.message,
        "next_step": None if isinstance(action, Call) else action.next_step or None,
        "reads": [kind.value for kind in node.reads],
        "wait_seconds": seconds(_rounded(node.waits)) if isinstance(action, Wait) else None,
        "until": due(action.wake_at if isinstance(action, Ask) else node.until),
        "question": asked.question if asked is not None else None,
        "cost": _cost(node.cost),
        "branches": [_branch(branch) for branch in node.branches],
        "more": [guess.label for guess in node.more],
        "cut": node.cut,
    }


def _branch(branch: Branch) -> Shape:
    return {
        "likelihood": branch.likelihood.value,
        "outcomes": [_guess(guess) for guess in branch.guesses],
        "then": _node(branch.node),
    }


def _guess(guess: Guess) -> Shape:
    error = guess.error
    return {
        "key": guess.key,
        "label": guess.label,
        "code": error.code if error else None,
        "subcode": error.subcode if error else None,
        "because": guess.because or None,
    }


def _cost(cost: Cost) -> Shape:
    return {
        "registrations": cost.registrations,
        "deregistrations": cost.deregistrations,
        "codes": cost.codes,
        "questions": cost.questions,
        "wait_seconds": seconds(_rounded(cost.waited)),
    }


def _rounded(span: timedelta) -> timedelta:
    """To the second, the microseconds of the journal left out."""
    return timedelta(seconds=round(span.total_seconds()))


def _does(node: Node) -> str:
    action, case = node.action, node.case
    match action:
        case Call():
            return _calls(action, case)
        case Wait():
            return f"waits {duration(round(node.waits.total_seconds()))} {WAITS.get(action.reason, '')}".rstrip()
        case Ask():
            return _asks(action, case)
        case Done() if action.reason is Reason.ALREADY_ONLINE:
            return "nothing, it is online"
        case Done():
            return f"done: {_ending(action)}"
    return f"gives up: {_ending(action)}"


def _calls(call: Call, case: Case) -> str:
    if call.kind is CallKind.REGISTER:
        return f"registers with {_pin(call, case)}"
    if call.kind is CallKind.SET_PIN:
        return f"sets {'a new' if call.fresh_pin else 'the'} PIN through the API"
    if call.kind is CallKind.REQUEST_CODE:
        return f"has a code sent by {'a call' if call.method == 'VOICE' else 'SMS'}"
    return CALLS.get(call.kind, f"makes the call {call.kind}")


def _pin(call: Call, case: Case) -> str:
    if call.fresh_pin:
        return "any PIN, none is used" if case.pins.state is PinState.NOT_USED else "a PIN made for it"
    pin = case.pins.by_id(call.pin)
    if pin is not None and pin.origin in (PinOrigin.SET, PinOrigin.CHOSEN):
        return "the new PIN"
    if pin is None or not pin.id.startswith(IMAGINED):
        return "the kept PIN"
    return "the PIN made for it" if pin.origin is PinOrigin.MADE else "the PIN given"


def _asks(ask: Ask, case: Case) -> str:
    if ask.topic is Topic.CODE and ReplyKind.VALUE not in ask.taken:
        return "asks whether somebody is at the phone"
    if ask.kind is TaskKind.SUPPORT:
        return "asks to turn to Meta's support"
    if ask.topic is Topic.ACCOUNT:
        return "asks to resume the account" if case.account.paused else "asks for a new token of the account"
    return ASKS[ask.topic]


def _ending(action: Action) -> str:
    reason = None if isinstance(action, Call) else action.reason
    return ENDS.get(reason, str(reason)) if reason is not None else ""
