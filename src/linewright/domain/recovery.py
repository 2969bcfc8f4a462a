"""Recovery by itself: whether Linewright opens a register that nobody asked for (docs/decisions/0010-recovery.md).

Gathered first, then judged by an ordered list of small rules: the first that speaks decides. A rule that lets a number
be names its reason; a proposal is a register that asks a person before anything is sent. What is opened still goes
through plan, remedies and rails: this module opens less than they would allow, never more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linewright.domain.budget import budget_of
from linewright.domain.case import Case
from linewright.domain.happenings import Happening, HappeningKind
from linewright.domain.journal import Attempt, CallKind
from linewright.domain.number import Standing, Wanted
from linewright.domain.operation import Evidence
from linewright.domain.proposal import LOST

__all__ = ["HEARD_FOR", "ONE_A", "RULES", "UNASKED_FOR", "Leave", "Lost", "Open", "Verdict", "held_back", "recover"]

HEARD_FOR = timedelta(hours=24)
"""So long an error of sending that a webhook told counts (DESIGN 5.2)."""
UNASKED_FOR = timedelta(hours=24)
"""So long after somebody else's hand in it nothing is sent by itself (issue 5)."""
ONE_A = timedelta(days=7)
"""At most one register by itself of a phone in this span; the next is a question."""
APART = timedelta(minutes=10)
"""Two refusals of sending so far apart are no single slip."""
CERTIFICATE = 131045
WEBHOOK = "webhook"
TAKEN_AWAY = (HappeningKind.PARTNER_REMOVED, HappeningKind.ACCOUNT_OFFBOARDED)
GIVEN_BACK = (HappeningKind.PARTNER_ADDED, HappeningKind.ACCOUNT_RECONNECTED)
CLOSED = (HappeningKind.ACCOUNT_DELETED, HappeningKind.ACCOUNT_DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What is known of a number that may have to be brought back.

    `shown_since`: since when its condition Registered has the status it has. `happened`: what was told of the number
    and of its account, the oldest first. `recovered`: when Linewright opened a register of this phone by itself.
    `elsewhere`: whether the same phone is registered or wanted online under another id here. `left_at`: when a person
    last declined or cancelled a register of this phone.
    """

    case: Case
    shown_since: datetime | None = None
    happened: Sequence[Happening] = ()
    recovered: Sequence[datetime] = ()
    is_open: bool = False
    elsewhere: bool = False
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing is done, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open a register. `because` is the code that a webhook told. With `ask` it is a proposal, and that is why a
    person is asked; it goes on without an answer from `until` on, or never (None)."""

    why: str
    because: int | None = None
    ask: str | None = None
    until: datetime | None = None


Verdict = Leave | Open
Rule = Callable[[Lost], Verdict | None]


def recover(lost: Lost) -> Verdict:
    """What recovery does about this number now."""
    return next(verdict for rule in RULES if (verdict := rule(lost)) is not None)


def held_back(happened: Iterable[Happening]) -> str | None:
    """Why a register that Linewright opened by itself asks a person after all: what was told since it was opened."""
    told = [each.kind.value for each in happened if each.kind in (*TAKEN_AWAY, *CLOSED)]
    return f"After it was opened Meta told of the account: {told[-1]}." if told else None


# Whose business it is


def switched_off(lost: Lost) -> Verdict | None:
    return None if lost.case.account.recover else Leave("switched-off")


def not_wanted(lost: Lost) -> Verdict | None:
    """Released and unmanaged numbers are nobody's to bring back."""
    wanted = lost.case.number.wanted
    return None if wanted is Wanted.ONLINE else Leave(wanted.value)


def not_ours(lost: Lost) -> Verdict | None:
    """Only a number that is online, or was and reads offline now; what a reading does not show is not known."""
    standing, reason = lost.case.standing, lost.case.judged.reason
    if standing not in (Standing.ONLINE, Standing.OFFLINE):
        return Leave(standing.value)
    return Leave(reason) if standing is Standing.OFFLINE and reason is not None else None


def moved_away(lost: Lost) -> Verdict | None:
    """Registering the old id would take the phone from where it lives now."""
    return Leave("elsewhere") if lost.elsewhere else None


def not_now(lost: Lost) -> Verdict | None:
    """Something is under way, or nothing may be sent."""
    account = lost.case.account
    if lost.is_open:
        return Leave("operation-open")
    if account.paused or account.hold is not None:
        return Leave("account-held")
    budget = budget_of(lost.case, CallKind.REGISTER)
    if budget.blocked_until is not None:
        return Leave("blocked")
    return Leave("automatic-cap") if budget.used >= budget.automatic_limit else None


# Whether it is lost at all


def not_lost(lost: Lost) -> Verdict | None:
    """Online and nothing heard; or offline in one reading alone, which may be a flap."""
    heard = _unanswered(lost.case)
    if lost.case.standing is Standing.ONLINE:
        if heard is None:
            return Leave("online")
        return None if heard.code == CERTIFICATE or _refused_again(lost) else Leave("reads-online")
    return None if heard is not None or _stands(lost) else Leave("may-be-a-flap")


def _stands(lost: Lost) -> bool:
    """Whether a second reading showed it offline too: one made after the first had become a condition."""
    seen = lost.case.last_good
    return seen is not None and lost.shown_since is not None and seen.at > lost.shown_since


def _unanswered(case: Case) -> Evidence | None:
    """The latest error of sending that a webhook told in the last 24 h, unless a register ended well since."""
    found = _heard(case)
    return found[-1] if found else None


def _heard(case: Case) -> list[Evidence]:
    ended = [a.ended_at for a in case.attempts if a.ok and a.call is CallKind.REGISTER]
    return [
        heard
        for heard in case.evidence
        if heard.code in LOST
        and heard.source == WEBHOOK
        and case.ago(heard.at) < HEARD_FOR
        and not any(end >= heard.at for end in ended)
    ]


def _refused_again(lost: Lost) -> bool:
    """133010 is a matter of readings: one that shows it online contradicts it, unless it stays so and sending is
    refused again."""
    since = lost.shown_since
    times = [heard.at for heard in _heard(lost.case) if since is not None and heard.at > since]
    return bool(times) and max(times) - min(times) >= APART


# Whose hand was in it


def closed(lost: Lost) -> Verdict | None:
    """The account was deleted or disabled, and not reinstated since."""
    return Leave("account-closed") if _last(lost, CLOSED, (HappeningKind.ACCOUNT_REINSTATED,)) else None


def taken_away(lost: Lost) -> Verdict | None:
    """Never within 24 h of PARTNER_REMOVED or ACCOUNT_OFFBOARDED, whatever came after (issue 5)."""
    recent = (each for each in lost.happened if each.kind in TAKEN_AWAY and lost.case.ago(each.at) < UNASKED_FOR)
    latest = max(recent, key=lambda each: each.at, default=None)
    return Leave(latest.kind.value) if latest is not None else None


def left_by_a_person(lost: Lost) -> Verdict | None:
    """Somebody said no, or stop, and nothing has changed since: they know, and are not asked again."""
    left, since = lost.left_at, lost.shown_since
    if left is None or (since is not None and since > left):
        return None
    if any(a.ok and a.call is CallKind.REGISTER and a.ended_at > left for a in lost.case.attempts):
        return None
    online = lost.case.standing is Standing.ONLINE
    return None if online and lost.case.ago(left) >= ONE_A else Leave("left-by-a-person")


# Brought back, or asked


def once_a_week(lost: Lost) -> Verdict | None:
    """A number that does not stay has a cause that a register does not cure."""
    latest = max(lost.recovered, default=None)
    if latest is None or lost.case.ago(latest) >= ONE_A:
        return None
    why = f"Linewright has already opened a register of this number by itself on {_day(latest)}."
    return _open(lost, ask=f"{why} By itself it does so once in seven days.")


def after_the_partner(lost: Lost) -> Verdict | None:
    """Long after it was taken away, and not given back: only a person knows whether it is still ours."""
    gone = _last(lost, TAKEN_AWAY, GIVEN_BACK)
    if gone is None:
        return None
    return _open(lost, ask=f"Meta told on {_day(gone.at)} that the account was parted from this app ({gone.kind}).")


def perhaps_in_the_app(lost: Lost) -> Verdict | None:
    """Whether it is a coexistence number was not said, and no register of ours has shown that it is none."""
    seen = lost.case.last_good
    ours = any(a.ok and a.call is CallKind.REGISTER for a in lost.case.attempts)
    if ours or seen is None or seen.is_on_biz_app is not None:
        return None
    return _open(lost, ask="Meta does not say whether it is shared with the WhatsApp Business app.")


def told(lost: Lost) -> Verdict | None:
    """A message was refused: somebody writes with this number, and wants it to work."""
    return _open(lost) if _unanswered(lost.case) is not None else None


def our_own(lost: Lost) -> Verdict | None:
    """It is offline because Linewright deregistered it to mend it, and never came to register it again."""
    return _open(lost) if _deregistered_by_us(lost.case.attempts) else None


def unexplained(lost: Lost) -> Verdict | None:
    """No call of ours explains it: for 24 h a person is asked, since somebody may have meant it."""
    since = lost.shown_since or lost.case.now
    until = since + UNASKED_FOR
    if lost.case.now >= until:
        return _open(lost)
    return _open(lost, ask="No call of Linewright explains it: somebody may have taken it off on purpose.", until=until)


RULES: tuple[Rule, ...] = (
    switched_off,
    not_wanted,
    not_ours,
    moved_away,
    not_now,
    not_lost,
    closed,
    taken_away,
    left_by_a_person,
    once_a_week,
    after_the_partner,
    perhaps_in_the_app,
    told,
    our_own,
    unexplained,
)
"""Their order; a test pins it."""


def _open(lost: Lost, *, ask: str | None = None, until: datetime | None = None) -> Open:
    heard = _unanswered(lost.case)
    code = heard.code if heard is not None else None
    if lost.case.standing is Standing.ONLINE:
        why = f"Sending was refused with {code}, though it reads online."
    elif heard is not None:
        why = f"It reads offline, and sending was refused with {code}."
    else:
        why = f"It reads offline since {_minute(lost.shown_since or lost.case.now)}."
    return Open(why=why, because=code, ask=ask, until=until)


def _last(lost: Lost, kinds: Iterable[HappeningKind], undone: Iterable[HappeningKind]) -> Happening | None:
    """The latest of these, unless one of the others came after it."""
    told = [each for each in lost.happened if each.kind in (*kinds, *undone)]
    return told[-1] if told and told[-1].kind in kinds else None


def _deregistered_by_us(attempts: Sequence[Attempt]) -> bool:
    lines = [a for a in attempts if a.call in (CallKind.REGISTER, CallKind.DEREGISTER) and (a.ok or a.in_doubt)]
    return bool(lines) and lines[-1].call is CallKind.DEREGISTER


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
