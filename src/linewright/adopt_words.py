"""What is said of an adoption: what stands, what comes next, and why one was turned away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linewright.domain.journal import Answer, RemoteError
from linewright.domain.number import REGISTERED, Number, Standing
from linewright.domain.rails import NOT_OURS, WAY_BACK
from linewright.domain.signup import Signup, SignupEvent
from linewright.errors import LinewrightError, RemoteUnavailable, UsageError

__all__ = ["code_lost", "code_refused", "no_such_number", "nothing_in_hand", "refused_event", "say"]

AGAIN = "Have the customer go through Embedded Signup once more, and send the new code at once."
TROUBLE = frozenset({1, 2, 4})
"""Refusals that tell nothing of the code (DESIGN 5.2)."""
SYNC = (
    "Your product has 24 hours from the signup on to ask for the app's contacts and history (smb_app_data); after that "
    "the customer must disconnect and sign up again. Linewright does not do that."
)


def say(
    account: str,
    number: Number | None,
    standing: Standing | None,
    event: SignupEvent | None,
    *,
    registers: bool,
    listed: int,
) -> dict[str, str]:
    """`message` and `next_step`."""
    message, next_step = _said(number, standing, event, registers=registers, listed=listed)
    return {"message": f"The account {account} is adopted. {message}", "next_step": next_step}


def _said(
    number: Number | None, standing: Standing | None, event: SignupEvent | None, *, registers: bool, listed: int
) -> tuple[str, str]:
    phone = (number.display or number.e164) if number is not None else ""
    if standing is Standing.COEXISTENCE or event is SignupEvent.IN_THE_APP:
        whose = f"The number {phone}" if phone else "Its number"
        shared = "is shared with the WhatsApp Business app (coexistence): it works, and is never registered here."
        return f"{whose} {shared}", SYNC
    if number is None:
        return _no_number(listed)
    if standing in NOT_OURS:
        return f"The number {phone} is not registered here. {NOT_OURS[standing]}", WAY_BACK[standing]
    if standing in REGISTERED:
        return f"The number {phone} is online already; nothing was spent.", "Nothing is needed."
    if registers:
        return f"An operation registers the number {phone}.", "The operation goes on by itself; follow it."
    return (
        f"The number {phone} is not registered yet, and nobody named it: nothing was sent.",
        f"Register it: `linewright register {number.e164}`, or send the same request with its id as `number`.",
    )


def _no_number(listed: int) -> tuple[str, str]:
    if not listed:
        return (
            "It has no number yet.",
            "Add one (`linewright number add`), or have the customer add one in WhatsApp Manager; then register it.",
        )
    many = "one number, which needs nothing" if listed == 1 else f"{listed} numbers, and none was named"
    return f"It has {many}: nothing was registered.", "Choose a number: `linewright number list`, then register it."


def refused_event(signup: Signup) -> UsageError:
    """The customer left, or the window failed: nothing is there to adopt."""
    where = f" at the step {signup.step}" if signup.step else ""
    if signup.trouble:
        return UsageError(
            f"Embedded Signup ended with an error{where}: {signup.trouble}.",
            fix="Nothing was adopted. Tell the customer what went wrong, and let them start it again.",
            reason="signup-failed",
        )
    return UsageError(
        f"The customer left Embedded Signup{where or ' before its end'}.",
        fix="Nothing was adopted. Offer them to start it again; what they entered is remembered by Meta.",
        reason="signup-cancelled",
    )


def code_refused(answer: Answer, app: str) -> LinewrightError:
    """Why a code bought no token. Decided on the code alone: the words are localised."""
    error = answer.error or RemoteError()
    told = f"{error.message} ({error.code}{f'/{error.subcode}' if error.subcode is not None else ''})"
    if error.code == 100 and error.subcode == 36008:
        return UsageError(
            f"The code is not one of the app {app}, or was made with a redirect address: {told}.",
            fix=f"Start Embedded Signup with that app, in its JavaScript window. {AGAIN}",
            reason="other-app",
            fbtrace_id=answer.fbtrace_id,
        )
    if error.code in (101, 190) or (error.code == 1 and error.subcode is None):
        return UsageError(
            f"Meta does not take the app {app} with the secret that is kept of it: {told}.",
            fix=f"Give the right one at once (`linewright app add {app} --secret-file FILE`) and send the code again; "
            "it lives 30 seconds.",
            reason="app-secret",
            fbtrace_id=answer.fbtrace_id,
        )
    if error.code in TROUBLE or error.code is None:
        return RemoteUnavailable(
            f"Meta did not exchange the code, for a reason of its own: {told}.",
            fix=f"Send the same request again at once: the code lives 30 seconds. Refused then: {AGAIN}",
            fbtrace_id=answer.fbtrace_id,
        )
    return UsageError(
        f"Meta does not take this code: {told}. A code is good for one exchange, within 30 seconds.",
        fix=AGAIN,
        reason="code-refused",
        fbtrace_id=answer.fbtrace_id,
    )


def code_lost(answer: Answer) -> RemoteUnavailable:
    """The answer to the exchange did not come, or told nothing."""
    return RemoteUnavailable(
        f"The code was sent, and no answer came: {answer.failure or 'it told nothing'}. A code is good for one "
        "exchange: whether this one is used up is not known.",
        fix=f"Send the same request again at once. If the code is refused then: {AGAIN}",
        reason="in-doubt",
        fbtrace_id=answer.fbtrace_id,
    )


def nothing_in_hand(waba: str) -> UsageError:
    return UsageError(
        f"Neither a code nor a token was given, and nothing is kept of the WABA {waba}.",
        fix="Give the code of its Embedded Signup, or a token.",
        reason="usage",
    )


def no_such_number(number: str, waba: str, rows: Sequence[Mapping[str, Any]]) -> UsageError:
    there = ", ".join(f"{row.get('display_phone_number')} ({row.get('id')})" for row in rows[:5])
    return UsageError(
        f"The number {number.strip()[:40]} is not one of the account {waba}.",
        fix=f"It has {there}{' and more' if len(rows) > 5 else ''}. Name one of them." if rows else "It has none yet.",
        reason="not-in-account",
    )
