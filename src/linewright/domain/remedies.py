"""The remedies: one function per kind of refusal, in the order of the errors page.

Lay the catalogue beside this file: each entry names its remedy, and each remedy follows the steps of
its entry. A remedy looks at the whole case each time it is asked. It returns an action, or the kind of
call to go toward: the refused kind itself means *again*, another kind means *that first*.

Waits are not enforced here: the rails hold a call until its time (`ladders.held_until`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol

from linewright.domain.action import Action, Ask, GiveUp, Reason, Wait
from linewright.domain.budget import spent_until
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.ladders import held_until
from linewright.domain.operation import Evidence, ReplyKind, TaskKind, Topic
from linewright.domain.pins import PinOrigin
from linewright.domain.preflight import ask_two_step, findings, listed, two_step, verified_in_vain
from linewright.domain.shelter import outage_wait
from linewright.domain.verification import is_verified
from linewright.domain.weather import STATUS_PAGE

__all__ = ["NAMES", "REMEDIES", "Step", "ask_pin", "certificate", "fix", "show", "support"]

Step = Action | CallKind


class Act(Protocol):
    """A remedy: what to do about a refused call."""

    __name__: str

    def __call__(self, case: Case, refusal: Attempt, /) -> Step: ...


ANNOUNCE_OUTAGE = timedelta(minutes=30)
"""After this long a person is told where to look; the tries go on (errors page, 133004)."""
SOONEST_NAME_LOOK, LATEST_NAME_LOOK = timedelta(minutes=15), timedelta(hours=1)
"""Between two looks at a name in review, a tenth of the wait so far lies, but no less and no more than these."""
LOOK_AROUND = timedelta(minutes=5)
LISTED_WITHIN = timedelta(minutes=15)
"""So long a listing may lack a number that the remote says is there."""
PROVEN_AFTER = timedelta(hours=24)
"""A day without 131045 proves that it is gone (DESIGN 5.2)."""
CERTIFICATE = 131045
PERSISTENT = 5
CODE_REMEDIES = ("code_requests_used_up", "code_not_sent", "code_not_needed")


def said(attempt: Attempt) -> str:
    """The remote's own words for an error, shortened, with its code and trace."""
    error = attempt.error
    if error is None:
        return "no words came with it"
    words = error.details or error.user_message or error.message or "no words came with it"
    code = f"{error.code}/{error.subcode}" if error.subcode else str(error.code)
    trace = f", fbtrace_id {attempt.fbtrace_id}" if attempt.fbtrace_id else ""
    return f"“{words[:200]}” ({code}{trace})"


def support(case: Case, attempt: Attempt | None, message: str, reason: Reason = Reason.NEEDS_SUPPORT) -> Ask:
    """A question that only the remote's support can answer; `done` makes Linewright look again."""
    traces = [a.fbtrace_id for a in case.mine if a.refused and a.fbtrace_id]
    quoted = f" The remote said {said(attempt)}." if attempt and attempt.error else ""
    named = f" Trace ids: {', '.join(traces[-5:])}." if traces else ""
    return Ask(
        kind=TaskKind.SUPPORT,
        topic=Topic.CHANGE,
        reason=reason,
        message=message + quoted,
        question=f"Please write to Meta Direct Support.{named} `linewright bundle` makes the file to send. "
        "Answer done when they have acted, and Linewright looks again.",
        next_step="When you answer done, the number is read again and the work goes on.",
    )


def fix(case: Case, attempt: Attempt, message: str, question: str) -> Ask:
    """A change that only a person can make; `done` makes Linewright look again."""
    return Ask(
        kind=TaskKind.FIX,
        topic=Topic.CHANGE,
        reason=Reason.NEEDS_FIX,
        message=f"{message} The remote said {said(attempt)}.",
        question=f"{question} Answer done when it is changed, and Linewright looks again.",
        next_step="When you answer done, the number is read again and the refused call is made once more.",
    )


def ask_pin(case: Case, message: str, reason: Reason = Reason.NEEDS_PIN) -> Ask:
    """The one question about the PIN, always with the same ways out."""
    return Ask(
        kind=TaskKind.PIN,
        topic=Topic.PIN,
        reason=reason,
        message=message,
        question=f"What is the two-step verification PIN of {case.number.display or case.number.e164}? Give "
        "the six digits (with --pin-changed if somebody changed it since); or approve, and Linewright sets a new "
        "one through the API; or say done once two-step verification is switched off in WhatsApp Manager.",
        next_step="With your answer the number is registered once more.",
    )


# 133000


def half_deregistered(case: Case, refusal: Attempt) -> Step:
    """133000: finish the deregistration, then register; the register's answer is the proof."""
    if refusal.call not in (CallKind.REGISTER, CallKind.DEREGISTER):
        return show(case, refusal)
    if refusal.call is CallKind.DEREGISTER:
        if case.streak(refusal) >= 2:
            return support(case, refusal, "The unfinished deregistration was refused twice.")
        return CallKind.DEREGISTER
    sent = case.of_kind(CallKind.DEREGISTER)
    finished = [a for a in sent if a.ok or a.in_doubt or _is(case, a, "not_registered")]
    refusals = [a for a in case.of_kind(CallKind.REGISTER) if a.refused and _is(case, a, "half_deregistered")]
    if len(finished) >= 2 and len(refusals) >= 3:
        return support(case, refusal, "The number still counts as half deregistered after two deregistrations.")
    last = case.last(CallKind.DEREGISTER)
    if last is None or last.ended_at < refusal.ended_at:
        return _until_one_is_left(case) or CallKind.DEREGISTER
    if last.ok or last.in_doubt or _is(case, last, "not_registered"):
        return CallKind.REGISTER
    failed = [a for a in case.of_kind(CallKind.DEREGISTER) if a.refused and a.ended_at >= refusal.ended_at]
    if len(failed) >= 2 and not _bounded(case, last):
        return support(case, last, "The unfinished deregistration was refused twice.")
    return CallKind.DEREGISTER


def _until_one_is_left(case: Case) -> Wait | None:
    """A deregistration is of no use without a registration left to follow it."""
    until = spent_until(case, CallKind.REGISTER)
    if until is None:
        return None
    return Wait(
        until=until,
        reason=Reason.AUTOMATIC_CAP,
        message="An earlier deregistration was left half done (133000). To finish it is of no use yet: the "
        "registrations that would have to follow are spent.",
        next_step="Deregisters and registers when one of them is 72 hours old.",
    )


# 133004


def server_down(case: Case, refusal: Attempt) -> Step:
    """133004: transient; try again on the ladder, its own or the shared one, and after half an hour say where to
    look."""
    first = next((a for a in case.of_kind(refusal.call) if _is(case, a, "server_down")), refusal)
    until = held_until(case, refusal) or case.now
    if case.now >= until:
        return refusal.call
    together = outage_wait(case) if refusal.call is CallKind.REGISTER else None
    if together is not None and together.until >= until:
        return together
    message = f"The remote's registration server is down. This passes by itself. It said {said(refusal)}."
    if until - first.ended_at >= ANNOUNCE_OUTAGE:
        message += (
            f" If it lasts more than 30 minutes, see {STATUS_PAGE} and consider a ticket with Meta Direct Support "
            f"that names fbtrace_id {refusal.fbtrace_id}."
        )
    return again_later(case, refusal, Reason.SERVER_DOWN, message)


# 133005


def pin_mismatch(case: Case, refusal: Attempt) -> Step:
    """133005: this PIN is refused and never sent again; another accepted one, a reset, or a person."""
    if refusal.call is not CallKind.REGISTER:
        return show(case, refusal)
    if case.moving is not None:
        return _still_on(case, refusal, CallKind.REGISTER)
    word = case.reply(Topic.PIN, since=refusal.ended_at)
    if word and word.answer is ReplyKind.APPROVE and not case.ok_since(CallKind.SET_PIN, word.at):
        return CallKind.SET_PIN
    off = word is not None and word.answer is ReplyKind.DONE
    if case.candidates and not (off and case.two_step):
        return CallKind.REGISTER
    moved = case.pins.moved is not None and case.pins.moved > refusal.ended_at
    if moved and not case.two_step:
        return CallKind.REGISTER
    if case.account.pin_reset == "auto" and reset_possible(case):
        return CallKind.SET_PIN
    more = ""
    if case.last(CallKind.SET_PIN):
        done = case.ok_since(CallKind.SET_PIN, case.operation.opened_at)
        more = " A fresh PIN was set through the API and refused as well." if done else " The API set no fresh one."
    if off and case.two_step:
        more += " The number still reads as having two-step verification switched on."
    if case.two_step is False:
        more += " It reads as having two-step verification switched off, which contradicts that."
    return ask_pin(
        case,
        "The remote refused the two-step verification PIN (133005). It will not be sent again: a few wrong "
        f"guesses lock the number.{more}",
    )


def _still_on(case: Case, refusal: Attempt, first: CallKind) -> Step:
    """In a migration nobody needs the PIN: two-step verification is to be switched off at the source, then comes
    `first`."""
    if case.reply(Topic.TWO_STEP, ReplyKind.APPROVE, since=refusal.ended_at) and two_step(case) is False:
        return first
    return ask_two_step(case, f"The remote refused the registration. It said {said(refusal)}.")


def reset_possible(case: Case) -> bool:
    """Whether a reset through the API is still to be made in this operation: none was, or the one begun met
    passing trouble."""
    last = case.last(CallKind.SET_PIN)
    if last is None:
        return True
    return not last.ok and (last.in_doubt or _bounded(case, last))


# 133006


def verification_lapsed(case: Case, refusal: Attempt) -> Step:
    """133006: prove the phone again with a code, then register once."""
    if refusal.call is not CallKind.REGISTER:
        return show(case, refusal)
    if is_verified(case, refusal.ended_at):
        return CallKind.REGISTER
    in_vain = [a for a in case.of_kind(CallKind.REGISTER) if verified_in_vain(case, a)]
    if case.moving is not None and len(in_vain) == 1:
        return _still_on(case, refusal, CallKind.VERIFY_CODE)
    if verified_in_vain(case, refusal):
        return support(case, refusal, "The remote asks for another verification although one was just accepted.")
    return CallKind.VERIFY_CODE


# 133008


def guesses_locked(case: Case, refusal: Attempt) -> Step:
    """133008: wait out the lock, then one register with the PIN that was not refused; meanwhile ask."""
    if refusal.call is not CallKind.REGISTER:
        return show(case, refusal)
    person = case.reply(Topic.PIN, since=refusal.ended_at) or case.reply(Topic.LOCKED, since=refusal.ended_at)
    if person and person.answer is ReplyKind.APPROVE and not case.ok_since(CallKind.SET_PIN, person.at):
        return CallKind.SET_PIN
    question = ask_pin(
        case,
        "Too many wrong PINs were tried, here or elsewhere: the remote has locked registration for a time (133008).",
    )
    no_pin = not case.candidates and case.two_step is not False
    locks = [a for a in case.of_kind(CallKind.REGISTER) if _is(case, a, "guesses_locked")]
    if len(locks) >= 2 and not person:
        return question
    if no_pin and not (person and person.answer is ReplyKind.DONE):
        return question
    if person:
        return CallKind.REGISTER
    until = held_until(case, refusal)
    if until is None or case.now >= until:
        return CallKind.REGISTER
    return Wait(
        until=until,
        reason=Reason.TOLD_TO_WAIT,
        message=question.message + " It opens by itself.",
        next_step="One registration with the kept PIN. Nothing is needed from you, unless you know that this "
        "PIN is wrong.",
        ask=Ask(
            kind=TaskKind.PIN,
            topic=Topic.LOCKED,
            reason=Reason.NEEDS_PIN,
            message=question.message,
            question="Is the kept PIN right? Without an answer it is tried once when the lock opens. Give "
            "another PIN, or approve a new one set through the API, or say done if two-step verification is "
            "off now.",
        ),
    )


# 133009


def pin_too_soon(case: Case, refusal: Attempt) -> Step:
    """133009: the same PIN again after the told wait; a fourth time a person looks."""
    if case.streak(refusal) >= 4 and not case.settled_by_person(refusal.ended_at):
        return support(case, refusal, "The remote says for the fourth time that the PIN came too soon.")
    return again_later(case, refusal, Reason.TOLD_TO_WAIT, "The remote wants more time between two PINs (133009).")


# 133010


def not_registered(case: Case, refusal: Attempt) -> Step:
    """133010, or 100 *not linked*: to a deregister that is the goal; to a register, once more."""
    if refusal.call is CallKind.DEREGISTER:
        return CallKind.REGISTER
    if refusal.call is not CallKind.REGISTER:
        return show(case, refusal)
    if case.streak(refusal) >= 2:
        return support(case, refusal, "The remote answers a registration with *not registered* again.")
    if not _read_since(case, refusal):
        return CallKind.READ
    until = refusal.ended_at + timedelta(minutes=5)
    if case.now < until:
        return Wait(
            until=until,
            reason=Reason.REGISTERING,
            message="The remote answered the registration with *not registered* (133010).",
            next_step="Registers once more.",
        )
    return CallKind.REGISTER


# 133015


def recently_deleted(case: Case, refusal: Attempt) -> Step:
    """133015: wait five minutes, then ten; a third time look whether it is really gone."""
    if case.streak(refusal) >= 3:
        return fix(
            case,
            refusal,
            "The number was deleted a moment ago, and the deletion is still not finished (133015).",
            "Please look in WhatsApp Manager whether the number is fully removed from its old account.",
        )
    return again_later(
        case,
        refusal,
        Reason.TOLD_TO_WAIT,
        "The number was deleted a moment ago, and its deletion is not finished (133015).",
    )


# 133016


def attempts_used_up(case: Case, refusal: Attempt) -> Step:
    """133016: blocked for 72 hours; nobody can shorten it, and a second one in a row is for support."""
    if case.streak(refusal) >= 2:
        return support(case, refusal, "The block of 72 hours was waited out, and the remote blocked again.")
    return again_later(
        case,
        refusal,
        Reason.BLOCKED,
        "All ten attempts of 72 hours are used up (133016): the remote blocks this phone. Nobody can shorten that.",
    )


# 131045


def certificate(case: Case, heard: Evidence) -> Step:
    """131045 (or 133010) heard while the number reads online: register again; deregister only if it comes
    back within a day of that (the errors page starts there, at the price of an outage); then support."""
    done = [a for a in case.attempts if a.ok and a.call in (CallKind.REGISTER, CallKind.DEREGISTER)]
    before = [e.at for e in case.evidence if e.code == heard.code and heard.at - PROVEN_AFTER <= e.at < heard.at]
    since_first = [a for a in done if before and before[0] <= a.ended_at < heard.at]
    tried = [a for a in since_first if a.call is CallKind.REGISTER and heard.at - a.ended_at <= PROVEN_AFTER]
    if not tried:
        return CallKind.REGISTER
    if case.settled_by_person(heard.at):
        return CallKind.REGISTER
    if heard.code != CERTIFICATE or any(a.call is CallKind.DEREGISTER for a in since_first):
        return support(case, None, f"{heard.code} comes back although the number was registered anew.")
    deregistered = case.ok_since(CallKind.DEREGISTER, heard.at)
    return CallKind.REGISTER if deregistered else CallKind.DEREGISTER


def certificate_answered(case: Case, refusal: Attempt) -> Step:
    """131045 as the answer to a call of ours is not known to happen; it is shown."""
    return show(case, refusal)


# 136024


def code_requests_used_up(case: Case, refusal: Attempt) -> Step:
    """136024/2388367: too many codes asked for; no request for 24 hours, then one."""
    if refusal.call is not CallKind.REQUEST_CODE:
        return show(case, refusal)
    if _codes_refused(case) >= 2:
        return _code_not_coming(case, refusal)
    return again_later(
        case, refusal, Reason.TOLD_TO_WAIT, "Too many codes were asked for this number (136024/2388367)."
    )


def code_not_sent(case: Case, refusal: Attempt) -> Step:
    """136024/2388091: the remote could not send it; wait, then once the other way, then a person."""
    if refusal.call is not CallKind.REQUEST_CODE:
        return show(case, refusal)
    if _codes_refused(case) >= 2:
        return _code_not_coming(case, refusal)
    other = "voice call" if (refusal.method or "SMS") == "SMS" else "SMS"
    return again_later(
        case,
        refusal,
        Reason.TOLD_TO_WAIT,
        f"The remote could not send the code (136024/2388091). Next time it goes by {other}.",
    )


def code_not_needed(case: Case, refusal: Attempt) -> Step:
    """136024 without a subcode: verified already, as a reading tells; else hold for 24 hours."""
    if refusal.call is not CallKind.REQUEST_CODE:
        return show(case, refusal)
    if not _read_since(case, refusal):
        return CallKind.READ
    if _codes_refused(case) >= 2:
        return _code_not_coming(case, refusal)
    return again_later(
        case, refusal, Reason.TOLD_TO_WAIT, "The remote would not send a code and did not say why (136024)."
    )


def _codes_refused(case: Case) -> int:
    """How many code requests in a row were refused for any of the reasons of 136024."""
    run = takewhile(
        lambda a: a.refused and case.remedy(a) in CODE_REMEDIES, reversed(case.of_kind(CallKind.REQUEST_CODE))
    )
    return sum(1 for _ in run)


def _read_since(case: Case, attempt: Attempt) -> bool:
    return case.last_good is not None and case.last_good.at >= attempt.ended_at


def _code_not_coming(case: Case, refusal: Attempt) -> Ask:
    moved = ""
    if case.moving is not None:
        moved = (
            " In a migration the same figure can mean that this id takes no line over: then delete it in the new "
            "account's WhatsApp Manager, decline, and migrate again."
        )
    return fix(
        case,
        refusal,
        "No code could be sent, twice.",
        "Please see that this phone takes SMS or calls, that no phone menu answers it, and that the number "
        f"is not in use in the WhatsApp app.{moved}",
    )


# 136025


def wrong_code(case: Case, refusal: Attempt) -> Step:
    """136025: the plan of the verification asks again, at most three times for one code."""
    return CallKind.VERIFY_CODE if refusal.call is CallKind.VERIFY_CODE else show(case, refusal)


# 131031


def policy_lock(case: Case, refusal: Attempt) -> Step:
    """131031: a policy lock, or a wrong PIN in the request; nothing is repeated before a person looked."""
    return fix(
        case,
        refusal,
        "The remote says that the account is locked (131031). It says the same when the PIN sent was wrong.",
        "Please look at the account in Meta Business Suite, Account Quality, and check the PIN.",
    )


# 100


def lives_in_app(case: Case, refusal: Attempt) -> Step:
    """100 with SMB: the number lives in the WhatsApp Business app; another PIN would not help."""
    return GiveUp(
        reason=Reason.NOT_OURS,
        message=f"This number lives in the WhatsApp Business app. The remote said {said(refusal)}.",
        next_step="Bring it in by Embedded Signup for Business app users (coexistence), or delete the account "
        "in the app first; then `linewright register` it again.",
    )


def pin_malformed(case: Case, refusal: Attempt) -> Step:
    """100 about the PIN: malformed or weak, not *refused*; ours is made anew, theirs is asked for."""
    pin = case.pins.by_id(refusal.pin)
    made_here = pin is not None and pin.origin in (PinOrigin.MADE, PinOrigin.SET)
    if made_here and case.streak(refusal) < 3:
        return refusal.call
    if refusal.call is CallKind.REGISTER and case.candidates:
        return refusal.call
    if case.reply(Topic.PIN, ReplyKind.VALUE, ReplyKind.DONE, since=refusal.ended_at):
        return refusal.call
    approved = case.reply(Topic.PIN, ReplyKind.APPROVE, since=refusal.ended_at)
    if approved and not case.ok_since(CallKind.SET_PIN, approved.at):
        return CallKind.SET_PIN
    return ask_pin(case, f"The remote takes this PIN for malformed or too simple. It said {said(refusal)}.")


# 2388001


def name_not_processed(case: Case, refusal: Attempt) -> Step:
    """2388001 at register: the display name is not processed yet, or the number is still in the app."""
    return after_the_name(case, refusal) or fix(
        case,
        refusal,
        "The remote cannot make a certificate for this number: its display name is not processed, or the "
        "number is still in use in the WhatsApp app.",
        "Please look at the display name in WhatsApp Manager, and delete the account in the app if there is one.",
    )


def after_the_name(case: Case, since: Attempt) -> Step | None:
    """What the display name's review says after a call: wait, register once more, or have it changed."""
    reading = case.last_good
    if reading is None:
        return None
    if reading.name_in_review:
        return Wait(
            until=next_name_look(case, since),
            reason=Reason.NAME_IN_REVIEW,
            message="Meta is still reviewing the display name; until then the number cannot come online.",
            next_step="Looks every 15 minutes at first and every hour later, and registers once the name is approved.",
        )
    if reading.name_status in ("DECLINED", "REJECTED"):
        return fix(
            case,
            since,
            "Meta declined the display name.",
            "Please give the number another display name in WhatsApp Manager and wait for its approval.",
        )
    before = case.seen_before(since.at)
    seen = [*([before] if before else []), *case.seen_since(since.at)]
    was_in_review = any(reading.name_in_review for reading in seen)
    return CallKind.REGISTER if was_in_review and reading.name_approved else None


def next_name_look(case: Case, since: Attempt) -> datetime:
    """The next look at a name in review: no decision is heard later than by a tenth of its wait, or by 15 minutes.

    A read spends no attempt; of the 200 management calls an hour that a young account has, a number takes four.
    """
    waited, look = case.ago(since.ended_at), SOONEST_NAME_LOOK
    while look <= waited:
        look += min(max(look / 10, SOONEST_NAME_LOOK), LATEST_NAME_LOOK)
    return since.ended_at + look


def next_look(case: Case, since: Attempt, every: timedelta) -> datetime:
    """The next moment of a steady rhythm that began with `since`."""
    return since.ended_at + every * (case.ago(since.ended_at) // every + 1)


def migration_precondition(case: Case, refusal: Attempt) -> Step:
    """2388001, 2388103 when a number is created: something is missing on either side, or a fault that passes. The
    code does not tell which; the remote's words may, in whatever language."""
    if case.streak(refusal) < 2:
        return again_later(
            case,
            refusal,
            Reason.THEIR_TROUBLE,
            f"The remote does not take the number over. It said {said(refusal)}. That may pass.",
        )
    looked = findings(case)
    ours = f"\n{listed(looked)}\n" if looked else ""
    return fix(
        case,
        refusal,
        "The remote does not take the number over.",
        "Please do what these words ask for, in the old or the new account: mostly two-step verification is to be "
        f"off, or its owner is to confirm the move.{ours}",
    )


def already_listed(case: Case, refusal: Attempt) -> Step:
    """2388012: the account has this number, so its listing tells the id; created twice it is never."""
    if case.ago(refusal.ended_at) < LISTED_WITHIN:
        return Wait(
            until=next_look(case, refusal, LOOK_AROUND),
            reason=Reason.SETTLING,
            message="The remote says that the account has this number already, and does not list it yet.",
            next_step="Looks at the listing again, and goes on with the id that it finds.",
        )
    return fix(
        case,
        refusal,
        "The remote says that the account has this number already, but its listing lacks it.",
        "Please look in WhatsApp Manager where the number is, and delete what is left of it in the new account.",
    )


# Tokens, permissions, limits


def token_dead(case: Case, refusal: Attempt) -> Step:
    """190, 102, 104, 0: the account is held by the rails; released, the call is made again."""
    return refusal.call


def not_permitted(case: Case, refusal: Attempt) -> Step:
    """100/33, 33, 10, 200-299, 3, 131005: a wrong id, or a permission missing; look around first."""
    look = case.look
    if case.moving is not None and not case.moving.created:
        return _grant(case, refusal)
    if look is None:
        return CallKind.LOOK
    if look.account_readable and look.listed is False:
        return GiveUp(
            reason=Reason.DELETED,
            message=f"The account works, but this number is no longer in it. The remote said {said(refusal)}.",
            next_step="If it was added again it has a new id: run `linewright sync`, then register that one.",
        )
    if look.account_readable is False:
        return refusal.call  # the rails hold the account by now
    if look.account_readable is None or look.listed is None:
        return Wait(
            until=case.now + LOOK_AROUND,
            reason=Reason.UNKNOWN_READING,
            message=f"The call {refusal.call} was refused, and why could not be seen: the account did not answer.",
            next_step="Looks again; nothing is sent before that.",
        )
    return _grant(case, refusal)


def _grant(case: Case, refusal: Attempt) -> Ask:
    return fix(
        case,
        refusal,
        f"The account and the number can be read, but the call {refusal.call} is not allowed.",
        "Please give the token's system user the permissions whatsapp_business_management and "
        "whatsapp_business_messaging, and this WhatsApp account as an asset.",
    )


def too_many_calls(case: Case, refusal: Attempt) -> Step:
    """4, 17, 32, 613, 80007, 80008: the rails hold the account (613 on a code request: the number)."""
    often = f" It is the {case.streak(refusal)}th time in a row." if case.streak(refusal) >= PERSISTENT else ""
    return again_later(
        case, refusal, Reason.USAGE_LIMIT, f"Too many calls were made. The remote said {said(refusal)}.{often}"
    )


def their_trouble(case: Case, refusal: Attempt) -> Step:
    """1, 2, 131000, 131016, 131057, 2494100: trouble on their side; a few tries, then support."""
    if case.streak(refusal) > 4:
        return support(case, refusal, "The remote has trouble of its own that does not pass.")
    return again_later(
        case,
        refusal,
        Reason.THEIR_TROUBLE,
        f"The remote has trouble of its own. It said {said(refusal)}.",
    )


def needs_change(case: Case, refusal: Attempt) -> Step:
    """Payment, policy, parameters, damaged backups: no retry before a person changed something."""
    entry = case.entry(refusal)
    meaning = entry.meaning if entry else "The remote refused the call."
    steps = " ".join(entry.steps) if entry else ""
    return fix(case, refusal, meaning, steps or "Please change what the remote's words name.")


def show(case: Case, refusal: Attempt) -> Step:
    """Anything else: no retry, shown as it came, with its trace id."""
    return support(case, refusal, f"The remote refused the call {refusal.call} for a reason not known here.")


def again_later(case: Case, refusal: Attempt, reason: Reason, message: str) -> Step:
    """The same call again when its time has come; the wait is named until then."""
    until = held_until(case, refusal)
    if until is None or case.now >= until:
        return refusal.call
    word = {CallKind.REGISTER: "Registers", CallKind.DEREGISTER: "Deregisters"}.get(
        refusal.call, f"Makes the call {refusal.call}"
    )
    return Wait(until=until, reason=reason, message=message, next_step=f"{word} again by itself.")


def _is(case: Case, attempt: Attempt, remedy: str) -> bool:
    return attempt.refused and case.remedy(attempt) == remedy


def _bounded(case: Case, attempt: Attempt) -> bool:
    """Refusals that say nothing about the number and are bounded by budgets of their own."""
    return case.remedy(attempt) in (
        "server_down",
        "attempts_used_up",
        "too_many_calls",
        "token_dead",
        "their_trouble",
    )


_ACTS: tuple[Act, ...] = (
    half_deregistered,
    server_down,
    pin_mismatch,
    verification_lapsed,
    guesses_locked,
    pin_too_soon,
    not_registered,
    recently_deleted,
    attempts_used_up,
    code_requests_used_up,
    code_not_sent,
    code_not_needed,
    wrong_code,
    policy_lock,
    lives_in_app,
    pin_malformed,
    name_not_processed,
    migration_precondition,
    already_listed,
    token_dead,
    not_permitted,
    too_many_calls,
    their_trouble,
    needs_change,
    show,
)
REMEDIES: dict[str, Act] = {act.__name__: act for act in _ACTS} | {"certificate": certificate_answered}
NAMES = frozenset(REMEDIES)
