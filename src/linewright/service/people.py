"""How people come in: invitations, passwords, and who is let through the login."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import unicodedata
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.service.problems import Problem
from linewright.store.store import Store
from linewright.store.users import Role, User

__all__ = [
    "FIRST",
    "SHORTEST",
    "accepted_name",
    "ensure_first_admin",
    "hashed",
    "is_password_of",
    "let_in",
    "place_of",
    "shown_once",
    "welcome_path",
]

FIRST = "first start"
SHORTEST, LONGEST = 12, 256
TAKEN = ("terminal", "linewright", "a visitor", FIRST, "token", "link")
"""How the audit names actors who are no user."""
TAKEN_WITH_MORE = ("token ", "link ")
WINDOW_SECONDS = 15 * 60
PER_NAME, PER_ADDRESS = 10, 50
"""Wrong passwords in a window, before nothing is tried any more."""
_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each hash takes 64 MB for a moment: a crowd at the door must not take the machine's memory."""


def ensure_first_admin(store: Store, now: datetime) -> Secret | None:
    """A one-time invitation for an admin while nobody can log in; it replaces those of earlier starts."""
    if store.users.any():
        return None
    store.users.withdraw(now, by=FIRST)
    return store.users.invite(Role.ADMIN, FIRST, now)


def welcome_path(bearer: Secret) -> str:
    """The path of an invitation's page. It is a secret: shown once, never logged."""
    return f"/welcome/{bearer.open_secret()}"


def shown_once(bearer: Secret) -> str:
    """The text of something that was just made, for the one page that shows it."""
    return bearer.open_secret()


def accepted_name(name: str) -> str:
    """A user's name as it is kept. Raises `UsageError` (reason `user-name`)."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= 80 or not plain.isprintable():
        raise UsageError(
            "A name has 1 to 80 characters.", fix="Give the name that the others know you by.", reason="user-name"
        )
    alike = " ".join(unicodedata.normalize("NFKC", plain).casefold().split())
    if alike in TAKEN or alike.startswith(TAKEN_WITH_MORE):
        raise UsageError(
            "The audit has this name for somebody else: a program, a link, a visitor or Linewright itself.",
            fix="Give the name that the others know you by.",
            reason="user-name",
        )
    return plain


def hashed(password: Secret, name: str) -> str:
    """The argon2id hash of a new password. Raises `UsageError` (reason `password`) for one that is too weak."""
    text = _plain(password)
    wrong = None
    if len(text) < SHORTEST:
        wrong = f"A password has at least {SHORTEST} characters; this one has {len(text)}."
    elif len(text) > LONGEST:
        wrong = f"A password has at most {LONGEST} characters."
    elif len(set(text)) < 5 or text.casefold().replace(name.casefold(), "") == "":
        wrong = "This password is too easy to guess."
    if wrong is not None:
        raise UsageError(wrong, fix="Take three or four words that do not belong together.", reason="password")
    with _AT_ONCE:
        return _HASHER.hash(text)


def _plain(password: Secret) -> str:
    """The same password from every keyboard."""
    return unicodedata.normalize("NFC", password.open_secret())


def is_password_of(kept: str, password: Secret) -> bool:
    """Whether it is the one that was hashed. One longer than any password is not looked at."""
    text = _plain(password)
    if len(text) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept, text)
        except VerificationError:
            return False


@cache
def _nobodys() -> str:
    """What an unknown name is compared with, so that it takes as long as a known one."""
    return _HASHER.hash("nobody has this password")


def let_in(store: Store, name: str, password: Secret, address: str) -> User | None:
    """The user of this name and password; None when they do not fit.

    Raises `Problem` (429, `too-many`) for a name or an address after too many wrong ones; then nothing is
    looked at any more, not even the right password, until the window of 15 minutes is over.
    """
    guesses = store.guesses
    at_name, at_address = _name_key(name), _address_key(address)
    if not guesses.left(at_name, PER_NAME, WINDOW_SECONDS) or not guesses.left(at_address, PER_ADDRESS, WINDOW_SECONDS):
        raise _too_many()
    guesses.wrong(at_name, WINDOW_SECONDS)  # counted first: a hundred at the same moment are not a hundred tries
    if not guesses.left(at_name, PER_NAME + 1, WINDOW_SECONDS):
        raise _too_many()
    user, kept = store.users.password_of(name) or (None, _nobodys())
    if not is_password_of(kept, password) or user is None:
        guesses.wrong(at_address, WINDOW_SECONDS)
        return None
    guesses.forget(at_name)
    return user


def _too_many() -> Problem:
    return Problem(
        429,
        "too-many",
        "There were too many wrong tries.",
        fix="Wait 15 minutes, then try again. An admin can invite you anew if you have forgotten the password.",
        headers={"Retry-After": str(WINDOW_SECONDS)},
    )


def _name_key(name: str) -> str:
    """A digest: a password typed into the wrong field must not be kept."""
    plain = " ".join(name.split()).casefold()
    return f"login name {hashlib.sha256(plain.encode()).hexdigest()[:32]}"


def _address_key(address: str) -> str:
    return f"login from {place_of(address)}"


def place_of(address: str) -> str:
    """Whose limits an address shares: one household of IPv6 counts as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "elsewhere"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
