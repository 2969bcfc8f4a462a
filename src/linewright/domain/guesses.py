"""What may come back: every answer that matters to a call, a question or a wait, the likeliest first.

How likely one is says no figure but a word, with what speaks for it: the journal, the reading or the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from linewright.domain.action import Ask, Call, Reason, Wait
from linewright.domain.budget import WINDOW, used_in
from linewright.domain.case import Case
from linewright.domain.doubt import was_registered
from linewright.domain.journal import Attempt, CallKind, Outcome, RemoteError
from linewright.domain.number import Reading
from linewright.domain.operation import ReplyKind, TaskKind, Topic

__all__ = ["Guess", "Likelihood", "answers_to", "readings_of", "replies_to", "times_of"]


class Likelihood(StrEnum):
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


LIKELY, POSSIBLE, UNLIKELY = Likelihood
ORDER = {LIKELY: 0, POSSIBLE: 1, UNLIKELY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One thing that may come back. `shows` is what readings show from then on; `again` that a wait brings nothing,
    however often it is repeated."""

    key: str
    label: str
    likelihood: Likelihood = UNLIKELY
    because: str = ""
    outcome: Outcome | None = None
    error: RemoteError | None = None
    reply: ReplyKind | None = None
    shows: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False


ONLINE: Mapping[str, Any] = {
    "status": "CONNECTED",
    "platform_type": "CLOUD_API",
    "is_on_biz_app": False,
    "health_codes": frozenset(),
}
OFFLINE: Mapping[str, Any] = {"status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE"}
HAPPENED: dict[CallKind, Mapping[str, Any]] = {
    CallKind.REGISTER: {**ONLINE, "is_pin_enabled": True},
    CallKind.DEREGISTER: OFFLINE,
    CallKind.VERIFY_CODE: {"code_verification_status": "VERIFIED"},
    CallKind.SET_PIN: {"is_pin_enabled": True},
}
"""What a reading shows once a call took place."""
UNSEEN = frozenset({CallKind.REQUEST_CODE, CallKind.SET_PIN, CallKind.SUBSCRIBE, CallKind.KEEP_STORAGE})
"""Calls of which no reading tells whether they took place."""
SHOWN_LATER = frozenset({CallKind.REGISTER, CallKind.DEREGISTER})
"""Calls whose ok a reading proves, perhaps not at once."""
OF_A_PIN = frozenset({133005, 133008})
"""They speak of the PIN that was sent then, which is another by now."""
IN_THE_APP = "SMB"
CODES: dict[CallKind, tuple[tuple[int, int | None, str], ...]] = {
    CallKind.REGISTER: (
        (133005, None, ""),
        (133006, None, ""),
        (133004, None, ""),
        (133000, None, ""),
        (133016, None, ""),
        (133008, None, ""),
        (133015, None, ""),
        (133009, None, ""),
        (133010, None, ""),
        (2388001, None, ""),
        (100, None, IN_THE_APP),
        (131031, None, ""),
    ),
    CallKind.DEREGISTER: (
        (133010, None, ""),
        (133016, None, ""),
        (133004, None, ""),
        (133000, None, ""),
    ),
    CallKind.REQUEST_CODE: ((136024, 2388091, ""), (136024, 2388367, ""), (136024, None, "")),
    CallKind.VERIFY_CODE: ((136025, None, ""),),
    CallKind.SET_PIN: ((2388092, None, ""), (131000, None, "")),
}
"""The codes of the errors page, and what its calls were seen to be answered with beside them, in the order in which
they are told where nothing speaks for one more than for another: (code, subcode, a word of the text)."""
TOLD_FIRST = 3
"""So many of them are told before an answer that is lost."""
RECENTLY = timedelta(hours=1)
GUESSES_COUNT = timedelta(hours=24)
MANY_REGISTRATIONS, MANY_CODES = 5, 2


def ranked(guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    return tuple(sorted(guesses, key=lambda guess: ORDER[guess.likelihood]))


# Calls that write


def answers_to(case: Case, call: Call) -> tuple[Guess, ...]:
    """What the remote may answer to a call, the likeliest first."""
    kind, shows = call.kind, HAPPENED.get(call.kind, {})
    first = Likelihood.POSSIBLE if _in_review(case) and kind is CallKind.REGISTER else LIKELY
    found = [Guess(key="ok", label=_ok_words(kind), likelihood=first, outcome=Outcome.OK, shows=shows)]
    lost = Outcome.IN_DOUBT
    if kind in HAPPENED and kind not in UNSEEN:
        found.append(Guess(key="lost-done", label="no answer, but it went through", outcome=lost, shows=shows))
    unheard = "no answer" if kind in UNSEEN else "no answer, and it did not happen"
    found.append(Guess(key="lost", label=unheard, outcome=lost))
    codes = [_refusal(case, call, *code) for code in CODES.get(kind, ())]
    found[1:1], found[len(found) :] = codes[:TOLD_FIRST], codes[TOLD_FIRST:]
    if kind in SHOWN_LATER:
        later = LIKELY if _in_review(case) and kind is CallKind.REGISTER else UNLIKELY
        why = "its display name is still in review" if later is LIKELY else ""
        unseen = "accepted, but no reading shows it yet"
        found.append(Guess(key="ok-unseen", label=unseen, likelihood=later, because=why, outcome=Outcome.OK))
    found.append(Guess(key="unreachable", label="the remote cannot be reached", outcome=Outcome.UNREACHABLE))
    return ranked(found)


def _ok_words(kind: CallKind) -> str:
    return {CallKind.VERIFY_CODE: "the code is right", CallKind.REQUEST_CODE: "the code is sent"}.get(kind, "accepted")


def _refusal(case: Case, call: Call, code: int, subcode: int | None, word: str) -> Guess:
    error = RemoteError(code=code, subcode=subcode, message=word)
    entry = case.catalogue.find(error, call.kind)
    figure = f"{code}/{subcode or word}" if subcode or word else str(code)
    name = entry.name if entry else "not described"
    judge = _SPEAKS.get((call.kind, code))
    why = judge(case, call) if judge else ""
    if not why and code not in OF_A_PIN and _last_said(case, call.kind, error):
        why = "the last call like this was answered so"
    return Guess(
        key=figure,
        label=f"{figure} {name[0] if name[1:2].isupper() else name[0].lower()}{name[1:]}",
        likelihood=POSSIBLE if why else UNLIKELY,
        because=why,
        outcome=Outcome.REFUSED,
        error=error,
        shows={"is_on_biz_app": True} if word == IN_THE_APP else {},
    )


# What speaks for a refusal; an empty text: nothing does


def _pin_unproven(case: Case, call: Call) -> str:
    pin, accepted = case.pins.by_id(call.pin), case.pins.accepted
    if pin is None or case.two_step is False or (accepted and accepted.fingerprint == pin.fingerprint):
        return ""
    return "this PIN was never accepted so far"


def _verification_old(case: Case, call: Call) -> str:
    seen = case.last_good
    if any(heard.code == 133006 for heard in case.evidence):
        return "133006 was heard of it"
    status = seen.code_verification_status if seen else None
    return f"its verification reads {status}" if status not in (None, "VERIFIED") else ""


def _outage(case: Case, call: Call) -> str:
    weather = case.weather
    return "the registration server was down a moment ago" if weather and weather.ended_at is None else ""


def _half_done(case: Case, call: Call) -> str:
    last = next((a for a in reversed(case.attempts) if a.call is CallKind.DEREGISTER and a.spent), None)
    cut = last is not None and not last.ok and not _went_online(case, last)
    return "the last deregistration did not end well" if cut else ""


def _went_online(case: Case, since: Attempt) -> bool:
    return any(a.ok and a.call is CallKind.REGISTER and a.ended_at > since.ended_at for a in case.attempts)


def _many(case: Case, call: Call) -> str:
    used = len(used_in(case.attempts, call.kind, WINDOW, case.now))
    return f"{used} of the 10 in 72 hours are used here, perhaps more elsewhere" if used >= MANY_REGISTRATIONS else ""


def _wrong_guesses(case: Case, call: Call) -> str:
    if case.two_step is False:
        return ""
    wrong = [a for a in case.attempts if a.refused and a.code == 133005 and case.ago(a.ended_at) < GUESSES_COUNT]
    return f"{len(wrong)} wrong PIN{'s' * (len(wrong) > 1)} within a day" if wrong else ""


def _just_deleted(case: Case, call: Call) -> str:
    said = (a for a in case.attempts if a.refused and a.code == 133015 and case.ago(a.ended_at) < RECENTLY)
    return "it was deleted within the last hour" if any(said) else ""


def _maybe_app(case: Case, call: Call) -> str:
    seen = case.last_good
    return "whether it lives in the app was not said" if seen is not None and seen.is_on_biz_app is None else ""


def _in_review(case: Case) -> bool:
    return case.last_good is not None and case.last_good.name_in_review


def _name_open(case: Case, call: Call) -> str:
    seen = case.last_good
    if seen is None or seen.name_status is None or seen.name_approved:
        return ""
    return f"its display name reads {seen.name_status}"


def _many_codes(case: Case, call: Call) -> str:
    used = len(used_in(case.attempts, CallKind.REQUEST_CODE, timedelta(days=1), case.now))
    return f"{used} codes were sent within a day" if used >= MANY_CODES else ""


def _typed(case: Case, call: Call) -> str:
    return "codes are typed by people"


Speaks = Callable[[Case, Call], str]
_SPEAKS: dict[tuple[CallKind, int], Speaks] = {
    (CallKind.REGISTER, 133005): _pin_unproven,
    (CallKind.REGISTER, 133006): _verification_old,
    (CallKind.REGISTER, 133004): _outage,
    (CallKind.REGISTER, 133000): _half_done,
    (CallKind.REGISTER, 133016): _many,
    (CallKind.REGISTER, 133008): _wrong_guesses,
    (CallKind.REGISTER, 133015): _just_deleted,
    (CallKind.REGISTER, 2388001): _name_open,
    (CallKind.REGISTER, 100): _maybe_app,
    (CallKind.DEREGISTER, 133016): _many,
    (CallKind.DEREGISTER, 133000): _half_done,
    (CallKind.REQUEST_CODE, 136024): _many_codes,
    (CallKind.VERIFY_CODE, 136025): _typed,
}


def _last_said(case: Case, kind: CallKind, error: RemoteError) -> bool:
    last = next((a for a in reversed(case.attempts) if a.call is kind and a.spent), None)
    alike = last is not None and last.refused and (last.code, last.subcode) == (error.code, error.subcode)
    return alike and last is not None and case.remedy(last) == _remedy(case, error, kind)


def _remedy(case: Case, error: RemoteError, kind: CallKind) -> str | None:
    entry = case.catalogue.find(error, kind)
    return entry.remedy if entry else None


# Calls that only look, waits and questions


def readings_of(case: Case) -> tuple[Guess, ...]:
    """What the first reading of a number may show that was never read here, or read as nothing known."""
    verified = {"code_verification_status": "VERIFIED", "is_on_biz_app": False}
    never = {"code_verification_status": "NOT_VERIFIED", "is_on_biz_app": False, "last_onboarded_time": None}
    app = {"status": "CONNECTED", "platform_type": "CLOUD_API", "is_on_biz_app": True}
    return (
        Guess(key="offline", label="it reads offline", likelihood=POSSIBLE, shows={**OFFLINE, **verified}),
        Guess(key="online", label="it reads online", likelihood=POSSIBLE, shows={**verified, **ONLINE}),
        Guess(key="unverified", label="it was never verified", likelihood=POSSIBLE, shows={**OFFLINE, **never}),
        Guess(key="coexistence", label="it lives in the Business app", shows=app),
    )


def times_of(case: Case, wait: Wait, shown: Reading | None) -> tuple[Guess, ...]:
    """What the end of a wait may bring by itself; `shown` is what readings are imagined to show by then."""
    if wait.reason is Reason.SETTLING:
        kind = CallKind.DEREGISTER if _awaits_the_end(case) else CallKind.REGISTER
        verify = case.last(CallKind.VERIFY_CODE) is not None and case.last(CallKind.REGISTER) is None
        shows = HAPPENED[CallKind.VERIFY_CODE if verify else kind]
        if shown is not None and all(getattr(shown, name) == value for name, value in shows.items()):
            return (Guess(key="shown", label="a reading shows it", likelihood=LIKELY),)
        never = Guess(key="never-shown", label="no reading shows it within the hour", again=True)
        later = Guess(key="shown", label="a reading shows it", likelihood=LIKELY, shows=shows)
        return (never,) if shown is not None and shown.name_in_review else (later, never)
    if wait.reason is Reason.NAME_IN_REVIEW:
        return (
            Guess(key="approved", label="the name is approved", likelihood=LIKELY, shows={"name_status": "APPROVED"}),
            Guess(key="declined", label="the name is declined", likelihood=POSSIBLE, shows={"name_status": "DECLINED"}),
        )
    return (Guess(key="time", label="the time is over", likelihood=LIKELY),)


def _awaits_the_end(case: Case) -> bool:
    last = next((a for a in reversed(case.mine) if a.ok), None)
    return last is not None and last.call is CallKind.DEREGISTER and was_registered(last)


def replies_to(ask: Ask) -> tuple[Guess, ...]:
    """What a person may answer; also that nobody does, where Linewright goes on without."""
    found = [
        Guess(
            key=reply.value,
            label=_said(ask, reply),
            likelihood=_LIKELY_REPLIES.get(reply, POSSIBLE) if reply is not ask.taken[0] else LIKELY,
            reply=reply,
            shows={"is_pin_enabled": False} if reply is ReplyKind.DONE and ask.kind is TaskKind.PIN else {},
        )
        for reply in ask.taken
    ]
    if ask.topic is Topic.PROPOSAL and ask.wake_at is not None:
        found.append(Guess(key="nobody", label="nobody answers in time", likelihood=POSSIBLE))
    return ranked(found)


_LIKELY_REPLIES = {ReplyKind.DECLINE: UNLIKELY, ReplyKind.RESEND: UNLIKELY}
_WORDS: dict[tuple[TaskKind, ReplyKind], str] = {
    (TaskKind.OTP, ReplyKind.VALUE): "the code is given",
    (TaskKind.OTP, ReplyKind.RESEND): "somebody is ready for a code",
    (TaskKind.PIN, ReplyKind.VALUE): "a PIN is given",
    (TaskKind.PIN, ReplyKind.APPROVE): "a new PIN is approved",
    (TaskKind.PIN, ReplyKind.DONE): "two-step verification is off now",
    (TaskKind.APPROVE, ReplyKind.APPROVE): "approved",
    (TaskKind.FIX, ReplyKind.DONE): "it is changed",
    (TaskKind.SUPPORT, ReplyKind.DONE): "Meta's support has acted",
}


def _said(ask: Ask, reply: ReplyKind) -> str:
    if ask.topic is Topic.ACCOUNT and reply is ReplyKind.DONE:
        return "the account works again"
    return _WORDS.get((ask.kind, reply), "declined" if reply is ReplyKind.DECLINE else reply.value)
