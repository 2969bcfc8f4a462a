"""The page's own words for what the shapes name shortly."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from linewright.service.who import Caller

__all__ = ["ANSWERS", "CALLS", "GOALS", "QUESTIONS", "STANDINGS", "coded", "words_for"]

GOALS = {
    "register": "Registration",
    "verify": "Verification",
    "deregister": "Deregistration",
    "migrate": "Migration",
    "set-pin": "New PIN",
}
CALLS = {
    "register": "Register",
    "deregister": "Deregister",
    "request_code": "Send a code",
    "verify_code": "Verify the code",
    "set_pin": "Set the PIN",
    "create": "Create the number",
    "subscribe": "Subscribe to webhooks",
    "set_storage": "Set local storage",
}
QUESTIONS = {
    "otp": "A code is needed",
    "pin": "The PIN is needed",
    "approve": "May it go on?",
    "fix": "Something must be changed",
    "support": "Meta's support is needed",
}
ANSWERS = {
    "value": "Answered",
    "resend": "A new code was asked for",
    "approve": "Approved",
    "done": "Said to be done",
    "decline": "Declined",
}
OUTCOMES = {
    "ok": "accepted",
    "refused": "refused",
    "in_doubt": "no answer: it may have happened",
    "unreachable": "could not be reached",
    "not_sent": "not sent",
}
STATES = {
    "open": "under way",
    "running": "running",
    "waiting": "waiting",
    "asking": "asking",
    "done": "done",
    "gave_up": "gave up",
    "cancelled": "cancelled",
}
STANDINGS = {
    "online": "online",
    "restricted": "restricted",
    "offline": "offline",
    "unverified": "unverified",
    "unknown": "unknown",
    "coexistence": "in the Business app",
    "on_premise": "on premise",
    "banned": "banned",
    "migrated": "migrated",
    "deleted": "deleted",
    "test": "test number",
}
TYPES = {
    "Registered": "Registered",
    "CanSend": "Can send",
    "Verified": "Verified",
    "PinKnown": "PIN known",
    "NameApproved": "Name approved",
    "WebhookSubscribed": "Webhooks heard",
    "TokenValid": "Token valid",
    "QualityGood": "Quality good",
    "NotRestricted": "Not restricted",
    "BudgetFree": "Attempts left",
}
PINS = {
    "none": "none is kept",
    "pending": "one is kept, not proven yet",
    "accepted": "one is kept, and was accepted",
    "refused": "the one given was refused",
    "doubted": "one is kept, and is in doubt",
    "stale": "it was changed elsewhere since",
    "not used": "none is used",
}
TODOS = {
    "off": "Off",
    "webhook": "Webhook address",
    "deleted": "Deleted",
    "two-step-off": "Two-step off",
    "code": "A code",
    "ask-them": "Their part",
}
PIN_EVENTS = {
    "made": "Made",
    "given": "Given",
    "imported": "Imported",
    "set": "Set",
    "accepted": "Accepted",
    "taken": "Sent, and nothing proven",
    "refused": "Refused",
    "doubted": "In doubt",
    "locked": "Locked",
    "lost": "Sent, answer lost",
    "changed": "Changed elsewhere",
    "off": "Two-step off",
    "reset-asked": "Reset asked for",
    "not-used": "Not used any more",
    "shown": "Shown",
    "exported": "Exported",
}
FOR_TERMINALS = " (with --pin-changed if somebody changed it since)"
"""Said in a question to whoever answers it there; the page has a box for it."""
_COMMAND = re.compile(r"(?<!`)\blinewright (?:[a-z-]+ \+?\d+|account update \S+ --token-file FILE)")
_TICKS = re.compile(r"`([^`]+)`")


def coded(text: str) -> Markup:
    """A text of Linewright's with its commands as code; everything else is escaped."""
    plain = str(escape(text.replace(FOR_TERMINALS, "")))
    return Markup(_TICKS.sub(r"<code>\1</code>", _COMMAND.sub(r"<code>\g<0></code>", plain)))  # noqa: S704 - escaped before


_WORDS: dict[str, Any] = {
    "GOALS": GOALS,
    "CALLS": CALLS,
    "QUESTIONS": QUESTIONS,
    "OUTCOMES": OUTCOMES,
    "STATES": STATES,
    "STANDINGS": STANDINGS,
    "TYPES": TYPES,
    "PINS": PINS,
    "PIN_EVENTS": PIN_EVENTS,
    "TODOS": TODOS,
    "coded": coded,
}


def words_for(caller: Caller) -> dict[str, Any]:
    """What the templates of numbers, operations and questions are given: the words, and whether `caller` may act."""
    return {**_WORDS, "operating": caller.may("operate")}
