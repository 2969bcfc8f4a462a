"""A sealed list of PINs for another keeper: one JSON document, opened by a passphrase, restored by `pin import`.

    {"format": "linewright-pins", "version": 1,
     "kdf": {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": BASE64},
     "cipher": {"name": "AES-256-GCM", "nonce": BASE64},
     "sealed": BASE64}

The key is 32 bytes of scrypt (RFC 7914) over the passphrase in NFC and UTF-8. `sealed` is ciphertext and tag; what is
authenticated beside it is the document without `sealed`, as JSON with sorted keys and no spaces. Inside stands
`{"items": [{"e164", "pin", "state", "since"}, …]}`. Nothing of Linewright and no key of this home is needed to open it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from linewright.errors import UsageError
from linewright.secret import Secret

__all__ = ["FORMAT", "SHORTEST", "Entry", "fit_passphrase", "is_envelope", "opened", "sealed"]

FORMAT = "linewright-pins"
VERSION = 1
SHORTEST = 12
"""Characters of a passphrase: whoever has the file may try as often as they like."""
COST, BLOCK, LANES = 2**17, 8, 1
LEAST_COST, MOST_COST = 2**14, 2**18
"""A file from elsewhere may be cheaper or dearer, but must not take the machine's memory."""
KEY_BYTES, SALT_BYTES, NONCE_BYTES = 32, 16, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One phone and its PIN; `state` and `since` are what its keeper knew of it."""

    e164: str
    pin: Secret
    state: str = ""
    since: str | None = None


def fit_passphrase(passphrase: Secret) -> Secret:
    """The passphrase, if it is long enough. Raises `UsageError` (reason `passphrase`)."""
    text = _plain(passphrase)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise UsageError(
            "This passphrase holds bytes that are no text.",
            fix="Type it at a terminal that is set to UTF-8, or save its file as UTF-8.",
            reason="passphrase",
        )
    if len(text) >= SHORTEST and len(set(text)) >= 5:
        return passphrase
    raise UsageError(
        f"A passphrase for PINs has at least {SHORTEST} characters, and not the same few again and again.",
        fix="Take four or five words that do not belong together, and tell them to the other keeper by another way.",
        reason="passphrase",
    )


def sealed(entries: Sequence[Entry], passphrase: Secret) -> bytes:
    """The document, as it is written to a file. Raises `UsageError` (reason `passphrase`) for a weak one."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    head: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "kdf": {"name": "scrypt", "n": COST, "r": BLOCK, "p": LANES, "salt": _text(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _text(nonce)},
    }
    items = [
        {"e164": each.e164, "pin": each.pin.open_secret(), "state": each.state, "since": each.since} for each in entries
    ]
    key = _key(fit_passphrase(passphrase), salt, COST)
    body = AESGCM(key).encrypt(nonce, json.dumps({"items": items}).encode(), _beside(head))
    return json.dumps(head | {"sealed": _text(body)}, indent=1).encode() + b"\n"


def is_envelope(text: Secret) -> bool:
    """Whether this says of itself that it is a sealed list."""
    document = _document(text)
    return document is not None and document.get("format") == FORMAT


def opened(text: Secret, passphrase: Secret) -> list[Entry]:
    """What is inside. Raises `UsageError`: `passphrase` for a wrong one, `sealed-export` for a file that is damaged or
    of another version."""
    document = _document(text) or {}
    if document.get("version") != VERSION:
        raise _damaged("This sealed list is of a version that is not known here.")
    try:
        kdf, cipher = document["kdf"], document["cipher"]
        salt, nonce, body = (_bytes(each) for each in (kdf["salt"], cipher["nonce"], document["sealed"]))
        cost = kdf["n"]
        known = (kdf["name"], kdf["r"], kdf["p"], cipher["name"]) == ("scrypt", BLOCK, LANES, "AES-256-GCM")
    except (KeyError, TypeError, ValueError):
        raise _damaged("This sealed list is damaged: a part of it is missing.") from None
    if (
        not known
        or type(cost) is not int
        or not LEAST_COST <= cost <= MOST_COST
        or cost & (cost - 1)
        or len(nonce) != NONCE_BYTES
    ):
        raise _damaged("This sealed list is sealed in a way that is not known here.")
    head = {name: document[name] for name in document if name != "sealed"}
    try:
        inside = json.loads(AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, body, _beside(head)))
        return [_entry(each) for each in inside["items"]]
    except InvalidTag:
        raise UsageError(
            "The passphrase does not open this sealed list, or the file was changed since.",
            fix="Give the passphrase that it was sealed with, exactly as it was written. Nothing was taken.",
            reason="passphrase",
        ) from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise _damaged("This sealed list opens, but what is inside is no list of PINs.") from None


def _entry(each: Any) -> Entry:
    if not isinstance(each, dict) or not all(type(each[name]) in (str, int) for name in ("e164", "pin")):
        raise TypeError("no entry")
    since = each.get("since")
    return Entry(
        e164=str(each["e164"]),
        pin=Secret(str(each["pin"])),
        state=str(each.get("state", "")),
        since=since if isinstance(since, str) else None,
    )


def _document(text: Secret) -> dict[str, Any] | None:
    plain = text.open_secret().strip()
    if not plain.startswith("{"):
        return None
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _beside(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _key(passphrase: Secret, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=cost, r=BLOCK, p=LANES).derive(
        _plain(passphrase).encode("utf-8", "surrogatepass")
    )


def _plain(passphrase: Secret) -> str:
    """The same passphrase from every keyboard."""
    return unicodedata.normalize("NFC", passphrase.open_secret())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _damaged(message: str) -> UsageError:
    return UsageError(message, fix="Ask its keeper for the file anew. Nothing was taken.", reason="sealed-export")
