"""The remote's own table of errors, and how it writes one down.

The shapes are those of real bodies: some carry no `error_data`, the OTP errors keep their text in
`error_user_msg`, a missing object is a GraphMethodException. The table is written from the public reference
and from collected bodies, never from Linewright's catalogue.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from linewright.simulator.truth import Temper
from linewright.simulator.wordings import DETAILS, USER_TEXTS, duration

__all__ = ["TABLE", "Code", "Refusal", "error_body"]


@dataclass(frozen=True)
class Code:
    """One error: its message as sent, HTTP status, and which texts go with it.

    `bare` is the share of bodies that come without `error_data`.
    """

    message: str
    http: int = 400
    type: str = "OAuthException"
    details: str | None = None
    user: str | None = None
    transient: bool | None = None
    bare: float = 0.0


_GONE = (
    "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing "
    "permissions, or does not support this operation. Please read the Graph API documentation at "
    "https://developers.facebook.com/docs/graph-api"
)
_DEAD = "Error validating access token: "

TABLE: dict[tuple[int, int | None], Code] = {
    (0, None): Code("(#0) We were unable to authenticate the app user", http=401),
    (1, 0): Code("Too many requests in batch message", type="GraphBatchException"),
    (1, None): Code("An unknown error occurred", http=500),
    (2, None): Code("(#2) Service temporarily unavailable", http=503, transient=True),
    (3, None): Code("(#3) Application does not have the capability to make this API call.", http=500),
    (4, None): Code("(#4) Application request limit reached", http=403, transient=True),
    (10, None): Code("(#10) Application does not have permission for this action", http=403),
    (100, None): Code("(#100) Invalid parameter"),
    (100, 33): Code(_GONE, type="GraphMethodException"),
    (100, 2207051): Code("Phone number not registered", user="not-registered"),
    (100, 2388001): Code("Invalid parameter", user="no-certificate", transient=False),
    (100, 2388012): Code("Invalid parameter", user="already-listed", transient=False),
    (100, 2388103): Code("Invalid parameter", user="migration-fault", transient=False),
    (100, 2388092): Code("Invalid parameter", user="weak-pin", transient=False),
    (100, 36007): Code("This authorization code has expired."),
    (100, 36008): Code("Error validating verification code. Please make sure it was issued to this application."),
    (100, 36009): Code("This authorization code has been used."),
    (101, None): Code("Error validating application. Cannot get application info due to a system error."),
    (102, None): Code("(#102) Session key invalid or no longer valid", http=401),
    (104, None): Code("An access token is required to request this resource.", http=401),
    (131000, None): Code("(#131000) Generic error", http=500, details="generic"),
    (131005, None): Code("(#131005) Access denied", http=403, details="access"),
    (131008, None): Code("(#131008) Required parameter is missing"),
    (131009, None): Code("(#131009) Parameter value is not valid"),
    (131016, None): Code("(#131016) Service unavailable", http=500, transient=True),
    (131031, None): Code("(#131031) Business Account locked", http=403, details="account-locked"),
    (131037, None): Code("(#131037) Display name approval needed before a message can be sent"),
    (131042, None): Code("(#131042) Business eligibility payment issue"),
    (131045, None): Code("(#131045) Incorrect certificate", http=500, details="bad-certificate"),
    (131057, None): Code("(#131057) Account in maintenance mode", http=500),
    (131059, None): Code("(#131059) Invalid cursor"),
    (133000, None): Code("(#133000) Incomplete deregistration", http=500, details="half-deregistered", bare=0.25),
    (133004, None): Code("(#133004) Server temporarily unavailable", http=503, details="server-down", bare=0.25),
    (133005, None): Code("(#133005) Two step verification PIN mismatch", details="pin-mismatch", bare=0.25),
    (133006, None): Code("(#133006) Phone number re-verification needed", details="verification-needed", bare=0.25),
    (133008, None): Code("(#133008) Too many two step verification PIN guesses", details="pin-locked"),
    (133009, None): Code("(#133009) Two step verification PIN guessed too fast", details="pin-too-fast"),
    (133010, None): Code("(#133010) Account not registered"),
    (133015, None): Code(
        "(#133015) Please wait before registering this phone number again",
        details="recently-deleted",
        bare=0.25,
    ),
    (133016, None): Code(
        "(#133016) Account register deregister rate limit exceeded", details="attempts-used-up", bare=0.25
    ),
    (136024, None): Code("Request code error", user="already-verified", transient=False),
    (136024, 2388091): Code("Request code error", user="code-not-sent", transient=False),
    (136024, 2388367): Code("Request code error", user="code-quota", transient=False),
    (136025, None): Code("Verify code error", user="already-verified", transient=False),
    (136025, 2388093): Code("Verify code error", user="wrong-code", transient=False),
    (190, None): Code("Invalid OAuth access token - Cannot parse access token", http=401),
    (190, 458): Code(_DEAD + "The user has not authorized the application.", http=401),
    (190, 459): Code(_DEAD + "The user has to log in at www.facebook.com first.", http=401),
    (190, 460): Code(
        _DEAD + "The session has been invalidated because the user changed their password or the session "
        "has been changed for security reasons.",
        http=401,
    ),
    (190, 463): Code(_DEAD + "Session has expired on {expired}. The current time is {now}.", http=401),
    (190, 464): Code(_DEAD + "Sessions for the user are not allowed because they are unconfirmed.", http=401),
    (190, 467): Code(_DEAD + "The session is invalid because the user logged out.", http=401),
    (190, 492): Code(_DEAD + "The user has no role on the business behind the page.", http=401),
    (200, None): Code(
        "(#200) You do not have the necessary permissions to act for this WhatsApp Business Account",
        http=403,
    ),
    (80007, None): Code("(#80007) Rate limit hit", details="usage"),
    (80008, None): Code("(#80008) There have been too many calls to this account.", details="usage"),
    (200000, 3095008): Code("Cannot add phone number to WhatsApp Business Account"),
    (200000, None): Code("Cannot add phone number to WhatsApp Business Account"),
    (2388012, None): Code("Phone number already added", user="already-listed"),
    (2388001, None): Code("Cannot Create Certificate", user="two-step-on"),
    (2388103, None): Code("There was an error migrating this phone number", user="migration-fault"),
    (2494100, None): Code("(#2494100) Phone number is in maintenance mode"),
}


class Refusal(Exception):
    """The remote says no. `wait` is how many seconds it will tell; `message` and the texts replace the table's."""

    def __init__(
        self,
        code: int,
        subcode: int | None = None,
        *,
        message: str | None = None,
        details: str | None = None,
        user: str | None = None,
        wait: float | None = None,
        **values: str,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.subcode = subcode
        self.message = message
        self.details = details
        self.user = user
        self.wait = wait
        self.values = values

    @property
    def entry(self) -> Code:
        """The table's row; an unknown code gets a plain one."""
        row = TABLE.get((self.code, self.subcode)) or TABLE.get((self.code, None))
        return row or Code(f"(#{self.code}) Error")


def error_body(
    refusal: Refusal, temper: Temper, chance: random.Random, sent_secrets: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of one refusal, worded as `chance` will have it.

    `sent_secrets` (name: text) are echoed into every text when `temper.echo_secrets` says so.
    """
    row = refusal.entry
    language = chance.choice(temper.languages)
    error: dict[str, Any] = {
        "message": (refusal.message or row.message).format(**refusal.values),
        "type": row.type,
        "code": refusal.code,
    }
    if refusal.subcode is not None:
        error["error_subcode"] = refusal.subcode
    if row.transient is not None:
        error["is_transient"] = row.transient
    told = None
    if refusal.wait is not None:
        told = duration(refusal.wait, language, temper.varied_units, chance)
    user = refusal.user or row.user
    if user is not None:
        texts = USER_TEXTS[user]
        title, message = chance.choice(texts.get(language) or texts["en"])
        error["error_user_title"] = title
        error["error_user_msg"] = message.format(wait=told)
    details = refusal.details or row.details
    bare = chance.random() < row.bare
    if details is not None and not bare:
        kinds = DETAILS[details]
        fitting = [text for text in kinds.get(language) or kinds["en"] if told or "{wait}" not in text]
        if fitting:
            text = chance.choice(fitting).format(wait=told)
            error["error_data"] = {"messaging_product": "whatsapp", "details": text}
    if temper.echo_secrets and sent_secrets:
        _echo(error, sent_secrets)
    return row.http, {"error": error}


def _echo(error: dict[str, Any], sent_secrets: dict[str, str]) -> None:
    echo = " (request: " + ", ".join(f"{name}={text}" for name, text in sent_secrets.items()) + ")"
    error["message"] += echo
    if "error_user_msg" in error:
        error["error_user_msg"] += echo
    if "error_data" in error:
        error["error_data"]["details"] += echo
