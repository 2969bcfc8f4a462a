"""Proving that the phone is ours: request the code, ask for it, verify it."""

from __future__ import annotations

from datetime import datetime, timedelta

from linewright.domain.action import Action, Ask, Call, Reason
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.operation import Goal, Reply, ReplyKind, TaskKind, Topic

__all__ = ["CODE_VALID", "READY_FOR", "WRONG_CODES", "is_verified", "next_move", "request_code"]

CODE_VALID = timedelta(minutes=10)
"""How long the remote takes a code (facts, section 4)."""
WRONG_CODES = 3
"""Wrong codes for one request; after that a new one, on a person's word."""

READY_FOR = timedelta(minutes=10)
"""Who said *send me the code now* is expected to hold the phone for so long."""


def request_code(case: Case, method: str) -> Action:
    """The request that no code on its way forbids; of an operation asked by link, on a person's word alone."""
    if not case.operation.ask_first:
        return Call(kind=CallKind.REQUEST_CODE, method=method)
    word = case.reply(Topic.CODE, ReplyKind.RESEND)
    if word is None or case.ago(word.at) >= READY_FOR or _heeded(case, word):
        return _ask_first(case, late=word is not None and not _heeded(case, word))
    return Call(kind=CallKind.REQUEST_CODE, method=reaching(case, word.method or method), reply=word.id)


def reaching(case: Case, wanted: str) -> str:
    """The way a code goes: the one asked for, unless it could not be sent so and the other way got through."""
    requests = case.of_kind(CallKind.REQUEST_CODE)
    failed = {a.method for a in requests if a.refused and case.remedy(a) == "code_not_sent"}
    through = {a.method for a in requests if a.ok} - failed
    return wanted if wanted not in failed or not through else str(min(through, key=str))


def _heeded(case: Case, word: Reply) -> bool:
    """Whether a code was sent on that word, or may have been."""
    return any(a.reply == word.id and not a.refused for a in case.of_kind(CallKind.REQUEST_CODE))


def is_verified(case: Case, since: datetime) -> bool:
    """Whether the phone was verified since a moment: by an ok answer, or by what a reading shows."""
    if case.ok_since(CallKind.VERIFY_CODE, since):
        return True
    tried, request, seen = case.last(CallKind.VERIFY_CODE), case.last(CallKind.REQUEST_CODE), case.last_good
    if tried is not None and tried.ended_at >= since and (_became(case, tried) or _used_up(case, tried)):
        return True
    if request is None or request.ended_at < since or seen is None or seen.at < request.ended_at:
        return False
    return request.refused and case.remedy(request) == "code_not_needed" and seen.verified


def _became(case: Case, tried: Attempt) -> bool:
    """A call in doubt took place if the number *became* verified: a reading before it said otherwise."""
    seen = case.last_good
    before = [reading for reading in case.readings if reading.good and reading.at <= tried.at]
    after = seen is not None and seen.at >= tried.ended_at and seen.verified
    return tried.in_doubt and after and bool(before) and not before[-1].verified


def _used_up(case: Case, tried: Attempt) -> bool:
    """A code called wrong whose first try is in doubt was probably taken then; a register's answer tells."""
    registers = case.operation.goal in (Goal.REGISTER, Goal.MIGRATE)
    if not registers or not tried.refused or case.remedy(tried) != "wrong_code":
        return False
    same = [a for a in case.of_kind(CallKind.VERIFY_CODE) if a.reply == tried.reply and tried.reply is not None]
    return any(a.in_doubt for a in same)


def next_move(case: Case, request: Attempt) -> Action | None:
    """What follows a code request that was answered ok, or is in doubt; None when the verify call's own
    refusal decides."""
    resend = case.reply(Topic.CODE, ReplyKind.RESEND, since=request.ended_at)
    tries = [a for a in case.of_kind(CallKind.VERIFY_CODE) if a.at >= request.at]
    last = tries[-1] if tries else None
    used = resend is not None and any(a.reply == resend.id for a in case.of_kind(CallKind.REQUEST_CODE))
    if resend and not used and (last is None or resend.at >= last.ended_at):
        method = reaching(case, resend.method or case.operation.code_method)
        return Call(kind=CallKind.REQUEST_CODE, method=method, reply=resend.id)
    expired = case.ago(request.ended_at) >= CODE_VALID
    reply = case.reply(Topic.CODE, ReplyKind.VALUE, since=request.at)
    unused = reply is not None and reply.has_code and all(a.reply != reply.id for a in tries)
    wrong = _wrong(case)
    if expired or wrong >= WRONG_CODES:
        return ask_ready(case, wrong)
    if reply and unused:
        return Call(kind=CallKind.VERIFY_CODE, reply=reply.id)
    if last is not None and last.in_doubt and _once_more(case, reply, tries):
        return Call(kind=CallKind.VERIFY_CODE, reply=last.reply)
    if last is not None and last.refused and case.remedy(last) != "wrong_code":
        if reply is None or not reply.has_code:
            return ask_code(case, request, "The code could not be checked, and is no longer kept.")
        return None
    if last is not None and last.in_doubt:
        return ask_code(case, request, f"The answer to that code was lost ({wrong} of {WRONG_CODES} tries).")
    if wrong:
        return ask_code(case, request, f"That code was wrong ({wrong} of {WRONG_CODES} tries).")
    return ask_code(case, request, "A code is on its way to the phone.")


def _wrong(case: Case) -> int:
    """Wrong codes since the phone's last request that is known to have been made, a try in doubt among them.

    A request in doubt may never have happened: the tries before it count then, those of an earlier operation too.
    """
    heard = [a for a in case.attempts if a.spent]
    requests = [place for place, a in enumerate(heard) if a.call is CallKind.REQUEST_CODE and a.ok]
    tries = [a for a in heard[requests[-1] if requests else 0 :] if a.call is CallKind.VERIFY_CODE]
    return sum(a.in_doubt or (a.refused and case.remedy(a) == "wrong_code") for a in tries)


def _once_more(case: Case, reply: Reply | None, tries: list[Attempt]) -> bool:
    same = [a for a in tries if reply is not None and a.reply == reply.id]
    return reply is not None and reply.has_code and len(same) == 1


def ask_code(case: Case, request: Attempt, message: str) -> Ask:
    """The question for the six digits; it turns into *say when you are ready* when the code is too old."""
    way = "a call" if request.method == "VOICE" else "SMS"
    phone = case.number.display or case.number.e164
    return Ask(
        kind=TaskKind.OTP,
        topic=Topic.CODE,
        reason=Reason.NEEDS_CODE,
        message=message,
        question=f"Which code did {phone} get by {way}? Six digits; the whole message is fine.",
        next_step="With the code the number is verified, and the work goes on.",
        wake_at=request.ended_at + CODE_VALID,
    )


def _ask_first(case: Case, *, late: bool) -> Ask:
    """Before the first code of an operation that is asked by link, and when a code could not be sent in time."""
    return _ask_when_ready(
        case,
        "The code could not be sent while somebody was there to read it."
        if late
        else "A code is needed. None is sent before somebody at the phone is ready for it.",
    )


def ask_ready(case: Case, wrong: int) -> Ask:
    """No code is sent without a person who is ready for it."""
    message = (
        f"{wrong} wrong codes were given, so that one is used up."
        if wrong >= WRONG_CODES
        else "The code sent is older than 10 minutes and no longer valid."
    )
    return _ask_when_ready(case, message)


def _ask_when_ready(case: Case, message: str) -> Ask:
    phone = case.number.display or case.number.e164
    if reaching(case, "SMS") != "SMS":
        message += " An SMS could not be sent to this phone before; it is called instead."
    return Ask(
        kind=TaskKind.OTP,
        topic=Topic.CODE,
        reason=Reason.NEEDS_CODE,
        message=message,
        question=f"Is somebody at {phone}? Say when you are ready (resend by sms or voice), and a new code is sent.",
        next_step="A new code is sent when you say so.",
        answers=(ReplyKind.RESEND, ReplyKind.DECLINE),
    )
