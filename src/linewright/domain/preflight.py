"""What a migration needs of both accounts before anything is sent: an ordered list of small pure looks.

Each look answers *yes*, *no*, or *cannot be seen*; what cannot be seen is asked. Source: the migration guide's
conditions and the texts under 2388001 and 2388103 (facts, 3.4 and 5.B). Two-step verification comes last: it is to be
off only for a short time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from linewright.domain.action import Ask, Reason
from linewright.domain.case import Case
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.moving import Moving, Survey
from linewright.domain.operation import ReplyKind, TaskKind, Topic

__all__ = [
    "REQUIREMENTS",
    "Finding",
    "Known",
    "Requirement",
    "ask_preflight",
    "ask_two_step",
    "findings",
    "listed",
    "two_step",
    "verified_in_vain",
]

NO_PAYMENT = 141006
"""The health code of an account whose payment method is missing or refused."""
NAMED = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})
SAID_FOR = timedelta(hours=24)
"""So long a person's word counts that two-step verification is off: the owner will want it on again."""


class Known(StrEnum):
    """What is known of a requirement."""

    YES = "yes"
    NO = "no"
    UNSEEN = "unseen"
    """It cannot be seen from here: a person is asked."""


Look = Callable[[Case, Moving, Survey], Known]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition under its stable name. `wrong` is said where it is not met, `asked` where nobody can see it from
    here, `fix` how it is met."""

    name: str
    look: Look
    wrong: str
    asked: str
    fix: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found."""

    requirement: Requirement
    known: Known


def _is(found: bool | None) -> Known:
    return Known.UNSEEN if found is None else Known.YES if found else Known.NO


def _same(found: str | None, *wanted: str) -> Known:
    return _is(None if found is None else found.upper() in wanted)


def _registered(case: Case, moving: Moving, survey: Survey) -> Known:
    return _is(moving.works)


def _on_cloud(case: Case, moving: Moving, survey: Survey) -> Known:
    """Where the source can be read, what may not be moved has ended the operation before this is asked."""
    return _is(True if moving.seen is not None else None)


def _name(case: Case, moving: Moving, survey: Survey) -> Known:
    seen = moving.seen
    if seen is None or seen.name_status is None:
        return Known.UNSEEN
    pending = seen.said.get("new_name_status") == "PENDING_REVIEW"
    return _is(seen.name_status in NAMED and not pending)


def _source_approved(case: Case, moving: Moving, survey: Survey) -> Known:
    return _same(moving.source_account.review if moving.source_account else None, "APPROVED")


def _source_verified(case: Case, moving: Moving, survey: Survey) -> Known:
    return _same(moving.source_account.verification if moving.source_account else None, "VERIFIED")


def _destination_approved(case: Case, moving: Moving, survey: Survey) -> Known:
    return _same(survey.account.review, "APPROVED")


def _destination_verified(case: Case, moving: Moving, survey: Survey) -> Known:
    return _same(survey.account.verification, "VERIFIED")


def _same_business(case: Case, moving: Moving, survey: Survey) -> Known:
    here = survey.account.business
    there = moving.source_account.business if moving.source_account else None
    return _is(None if here is None or there is None else here == there)


def _messaging_for(case: Case, moving: Moving, survey: Survey) -> Known:
    return _same(survey.account.messaging_for, "APPROVED")


def _payment(case: Case, moving: Moving, survey: Survey) -> Known:
    """No field shows a payment method; a health code tells of its lack."""
    return _is(False if NO_PAYMENT in survey.account.health_codes else None)


def _subscribed(case: Case, moving: Moving, survey: Survey) -> Known:
    done = case.ok_since(CallKind.SUBSCRIBE, case.operation.opened_at) is not None
    return _is(True if done else survey.subscribed)


def _room(case: Case, moving: Moving, survey: Survey) -> Known:
    """A limit that the remote never told of is not asked about: a refusal would tell."""
    limit = moving.number_limit
    return _is(limit is None or survey.numbers < limit)


def _two_step(case: Case, moving: Moving, survey: Survey) -> Known:
    """Where it cannot be seen it is asked by itself, after everything else (`ask_two_step`)."""
    return _is(moving.two_step is not True)


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "source-registered",
        _registered,
        "The number is not registered at its source: there is nothing to move.",
        "The number is registered and works where it is now.",
        "Register it there first; or delete it there and add it to the new account as a new number "
        "(`linewright number add`).",
    ),
    Requirement(
        "source-on-cloud",
        _on_cloud,
        "The number does not live on the Cloud API.",
        "The number lives on the Cloud API: not in the WhatsApp Business app, not on premises, no test number.",
        "From the app: Embedded Signup for Business app users, or delete the account in the app first. On premises: "
        "Embedded Signup. A test number stays where it is.",
    ),
    Requirement(
        "name-approved",
        _name,
        "The display name is not approved, or another one waits for its review.",
        "The display name is approved, and no other waits for a review.",
        "In WhatsApp Manager wait for the decision, or take the new name back.",
    ),
    Requirement(
        "source-approved",
        _source_approved,
        "The source's account review is not approved.",
        "The source's account review is approved.",
        "See Account Quality of the source account in Meta Business Suite.",
    ),
    Requirement(
        "source-verified",
        _source_verified,
        "The business behind the source is not verified.",
        "The business behind the source is verified.",
        "Verify it in Meta Business Suite, Security Center.",
    ),
    Requirement(
        "destination-approved",
        _destination_approved,
        "The destination's account review is not approved.",
        "The destination's account review is approved.",
        "See Account Quality of the destination account in Meta Business Suite.",
    ),
    Requirement(
        "destination-verified",
        _destination_verified,
        "The business behind the destination is not verified.",
        "The business behind the destination is verified.",
        "Verify it in Meta Business Suite, Security Center.",
    ),
    Requirement(
        "same-business",
        _same_business,
        "The two accounts belong to different businesses.",
        "Both accounts belong to the same business.",
        "Move into an account of the business that owns the number, or onboard the customer by Embedded Signup.",
    ),
    Requirement(
        "messaging-for",
        _messaging_for,
        "The destination's “Messaging For” request is not approved.",
        "The destination's “Messaging For” is approved, if it sends for another business.",
        "Have the business approve the request in Meta Business Suite, Requests.",
    ),
    Requirement(
        "payment-method",
        _payment,
        "The destination has no payment method that works (health 141006).",
        "The destination has a payment method.",
        "Add one in WhatsApp Manager, Payment settings, or share a credit line.",
    ),
    Requirement(
        "app-subscribed",
        _subscribed,
        "No app is subscribed to the destination's webhooks.",
        "An app is subscribed to the destination's webhooks.",
        "Let Linewright subscribe it (without --no-subscribe), or subscribe the app yourself.",
    ),
    Requirement(
        "room-for-it",
        _room,
        "The destination holds as many numbers as it may.",
        "The destination may hold one number more.",
        "Ask Meta for a higher limit, or free a place.",
    ),
    Requirement(
        "two-step-off",
        _two_step,
        "Two-step verification is switched on at the source.",
        "Two-step verification is switched off at the source.",
        "Last of all, just before you answer: WhatsApp Manager of the source, the number's settings, “Turn off "
        "two-step verification”, then the link that comes by e-mail.",
    ),
)
"""Their order is that in which they are listed; a test pins it."""


def findings(case: Case) -> tuple[Finding, ...]:
    """Every requirement as this turn sees it; none without a survey."""
    moving = case.moving
    if moving is None or moving.survey is None:
        return ()
    return tuple(Finding(each, each.look(case, moving, moving.survey)) for each in REQUIREMENTS)


def ask_preflight(case: Case) -> Ask | None:
    """Everything that is missing, and what nobody can see from here, as one question; None where nothing is open.

    What a person said once counts for the whole operation; what can be seen is looked at each time.
    """
    found = findings(case)
    missing = [each for each in found if each.known is Known.NO]
    unseen = [] if _said(case) else [each for each in found if each.known is Known.UNSEEN]
    if not missing and not unseen:
        return None
    if not missing:
        return Ask(
            kind=TaskKind.APPROVE,
            topic=Topic.PREFLIGHT,
            reason=Reason.NEEDS_APPROVAL,
            message=f"Before {_phone(case)} moves to {case.account.name}, somebody must check what Linewright cannot "
            "see.",
            question=f"Please look whether all of this is so:{_asked(unseen)}\nApprove when it is.",
            next_step="With your approval the migration goes on.",
        )
    return Ask(
        kind=TaskKind.FIX,
        topic=Topic.PREFLIGHT,
        reason=Reason.NEEDS_FIX,
        message=f"{_phone(case)} cannot move to {case.account.name} yet: "
        f"{_things(len(missing))} missing ({', '.join(each.requirement.name for each in missing)}).",
        question=f"{listed(found, unseen=unseen)}\nAnswer done when all of it is so, and Linewright looks again.",
        next_step="When you answer done, both accounts are read again.",
    )


def listed(found: Iterable[Finding], *, unseen: Iterable[Finding] | None = None) -> str:
    """The findings that are not met, each with how to meet it; then those that nobody can see from here."""
    found = list(found)
    missing = [each.requirement for each in found if each.known is Known.NO]
    asked = list(unseen) if unseen is not None else [each for each in found if each.known is Known.UNSEEN]
    lines = "".join(f"\n- {each.wrong} {each.fix}" for each in missing)
    head = f"What is missing:{lines}" if missing else "Linewright itself sees nothing missing."
    return head + (f"\nWhat Linewright cannot see, so please look:{_asked(asked)}" if asked else "")


def _asked(unseen: Iterable[Finding]) -> str:
    return "".join(f"\n- {each.requirement.asked}" for each in unseen)


def _things(count: int) -> str:
    return "one thing is" if count == 1 else f"{count} things are"


def _said(case: Case) -> bool:
    return case.reply(Topic.PREFLIGHT, ReplyKind.APPROVE, ReplyKind.DONE) is not None


def _phone(case: Case) -> str:
    return case.number.display or case.number.e164


# Two-step verification


def two_step(case: Case) -> bool | None:
    """Whether two-step verification is on: as the source or the destination reads, else as a person said since the
    remote last spoke against it; None where nobody said."""
    moving = case.moving
    read = moving.two_step if moving is not None else None
    if read is None and moving is not None and moving.created and case.two_step is True:
        read = True  # the phone's PIN shows at the new id too; absent there it proves nothing
    if read is not None:
        return read
    against = _spoken_against(case)
    since = against.ended_at if against is not None else case.operation.opened_at
    word = case.reply(Topic.TWO_STEP, ReplyKind.APPROVE, since=since)
    return False if word is not None and case.ago(word.at) < SAID_FOR else None


def _spoken_against(case: Case) -> Attempt | None:
    """The remote's latest word that two-step verification is still on: a PIN that does not match, or a verification
    asked for again although a code was just accepted."""
    for refusal in reversed(case.of_kind(CallKind.REGISTER)):
        if refusal.refused and (case.remedy(refusal) == "pin_mismatch" or verified_in_vain(case, refusal)):
            return refusal
    return None


def verified_in_vain(case: Case, refusal: Attempt) -> bool:
    """Whether a registration was answered with *verify again* after a code was accepted."""
    lapsed = refusal.refused and case.remedy(refusal) == "verification_lapsed"
    return lapsed and any(a.ok and a.ended_at <= refusal.ended_at for a in case.of_kind(CallKind.VERIFY_CODE))


def ask_two_step(case: Case, why: str = "") -> Ask:
    """The last thing that only the owner can do, and why it is the last."""
    still = " It still reads as switched on." if two_step(case) else ""
    return Ask(
        kind=TaskKind.APPROVE,
        topic=Topic.TWO_STEP,
        reason=Reason.NEEDS_APPROVAL,
        message=f"{why or 'Everything else is ready.'}{still} Two-step verification must be off at the number's "
        "present account while it moves.",
        question=f"Is two-step verification of {_phone(case)} switched off now? Its owner does that in WhatsApp "
        "Manager, the number's settings, “Turn off two-step verification”, and then by the link that comes by e-mail. "
        "Approve once it is off and somebody can read the code that the phone gets: without it the number is open to "
        "whoever gets such a code, so let that time be short.",
        next_step="With your approval the move goes on at once, and a code is sent to the phone.",
    )
