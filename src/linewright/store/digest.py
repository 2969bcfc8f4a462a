"""Names that open something by themselves: made from chance, kept as a digest only."""

from __future__ import annotations

import hashlib
import secrets

from linewright.secret import Secret

__all__ = ["address_of", "digest_of", "new_bearer"]

BITS = 256


def new_bearer(prefix: str) -> Secret:
    """`prefix_` and 256 bits of chance, in letters that an address may hold."""
    return Secret(f"{prefix}_{secrets.token_urlsafe(BITS // 8)}")


def address_of(public_url: str, place: str, bearer: Secret) -> str:
    """The one-time address of a bearer. Whoever calls this shows it to the one person who asked, and nowhere else."""
    return f"{public_url}/{place}/{bearer.open_secret()}"


def digest_of(bearer: Secret) -> str:
    """SHA-256 in hex. The chance is too long to be guessed, so no salt and no slow hash is needed."""
    return hashlib.sha256(bearer.open_secret().encode()).hexdigest()
