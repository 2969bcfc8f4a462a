"""The vault: seals secrets to the row they belong to. With the wire, the only place that opens one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linewright.domain.otp_text import code_from_whatsapp, code_in
from linewright.errors import KeyMismatch, StoreUnavailable, UsageError
from linewright.secret import Secret

__all__ = ["KEY_FILE", "Vault", "key_of", "new_key", "open_vault", "rotate_file", "save_key"]

KEY_FILE = "key"
NEXT_KEY_FILE = "key.next"
"""Where a rotation keeps the new key until everything is sealed with it."""
KEYRING = "keyring:"
KEY_BYTES, NONCE_BYTES, ID_BYTES = 32, 12, 8
VERSION = b"\x01"


class Vault:
    """AES-256-GCM. A sealed value is version, key id, nonce and ciphertext; it opens only with the key it
    names and the row it is bound to.

    `key` seals; `others` only open, so that an interrupted rotation can be resumed.
    """

    def __init__(self, key: bytes, *others: bytes) -> None:
        self._key_id = _id_of(key)
        self._ciphers = {_id_of(each): AESGCM(each) for each in (key, *others)}

    @property
    def key_id(self) -> str:
        """Names the sealing key without telling it."""
        return self._key_id.hex()

    @property
    def key_ids(self) -> frozenset[str]:
        """The keys that this vault opens with."""
        return frozenset(each.hex() for each in self._ciphers)

    def seal(self, secret: Secret, bound_to: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._key_id].encrypt(nonce, secret.open_secret().encode(), bound_to.encode())
        return VERSION + self._key_id + nonce + sealed

    def open(self, sealed: bytes, bound_to: str) -> Secret:
        """Raises `KeyMismatch` when the key is another one, or the value was tampered with or moved."""
        key_id, rest = sealed[1 : 1 + ID_BYTES], sealed[1 + ID_BYTES :]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != VERSION or cipher is None:
            raise KeyMismatch(
                f"The vault's key ({self.key_id}) does not open what was sealed with {key_id.hex() or 'another'}.",
                fix="Give the key this home was made with (LINEWRIGHT_KEY, or the file `key` in the home).",
            )
        try:
            text = cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound_to.encode())
        except (InvalidTag, ValueError):
            raise KeyMismatch(
                "A sealed secret was changed, or moved to another row, and does not open.",
                fix="Restore the database from a backup, or give the secret again.",
                reason="sealed-damaged",
            ) from None
        return Secret(text.decode())

    def fingerprint(self, key: Secret, e164: str, digits: Secret) -> str:
        """Names a phone's PIN without telling it: 32 hex characters of HMAC-SHA256 under the key kept for it."""
        said = f"{e164}:{digits.open_secret()}".encode()
        return hmac.new(bytes.fromhex(key.open_secret()), said, hashlib.sha256).hexdigest()[:32]

    def mac(self, key: Secret, message: bytes) -> str:
        """HMAC-SHA256 of a message under this key, in hex."""
        return hmac.new(key.open_secret().encode(), message, hashlib.sha256).hexdigest()

    def pin_in(self, given: Secret) -> Secret | None:
        """Six ASCII digits, a trailing newline apart; None otherwise."""
        text = given.open_secret().strip()
        return Secret(text) if re.fullmatch(r"[0-9]{6}", text) else None

    def code_in(self, message: Secret, *, from_whatsapp: bool = False) -> Secret | None:
        """The six digits in a whole message such as "WhatsApp code 123-830"; None without exactly one such code.
        `from_whatsapp`: of a message that nobody looked at, which must name WhatsApp (see `domain.otp_text`)."""
        text = message.open_secret()
        found = code_from_whatsapp(text) if from_whatsapp else code_in(text)
        return Secret(found) if found is not None else None


def _id_of(key: bytes) -> bytes:
    return hmac.new(key, b"linewright key id", hashlib.sha256).digest()[:ID_BYTES]


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def key_of(setting: Secret) -> bytes:
    """32 bytes from base64 (either alphabet) or hex. Raises `UsageError`, which never quotes the value."""
    text = setting.open_secret().strip()
    for decode in (bytes.fromhex, _from_base64):
        with suppress(ValueError, binascii.Error):
            key = decode(text)
            if len(key) == KEY_BYTES:
                return key
    raise UsageError(
        "The vault's key is not 32 bytes in base64 or hex.",
        fix="Make one with `openssl rand -base64 32` and set LINEWRIGHT_KEY to it.",
        reason="key",
    )


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)


def open_vault(setting: Secret | None, home: Path, *, may_create: Callable[[], bool]) -> Vault:
    """The vault of a home: by `LINEWRIGHT_KEY`, by the system's keyring (`keyring:` or `keyring:NAME`), or by
    the file `key` in the home (mode 0600).

    A missing key is made where `may_create` says that nothing is sealed yet. Raises `UsageError` for a key
    of another shape or a file that others can read, `KeyMismatch` for a missing key of a home in use.
    """
    if setting is not None and setting.open_secret().startswith(KEYRING):
        return Vault(_from_keyring(setting.open_secret().removeprefix(KEYRING) or "vault", may_create))
    if setting is not None:
        return Vault(key_of(setting))
    path = home / KEY_FILE
    if not path.exists():
        if not may_create():
            raise _missing(f"The file {path} is gone")
        with suppress(FileExistsError):
            save_key(path, new_key())
    return Vault(_read(path), *_next_keys(home))


def save_key(path: Path, key: bytes) -> None:
    """Writes a key file that only its owner can read; never over another. Raises `FileExistsError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, base64.b64encode(key) + b"\n")
            os.fsync(handle)
            os.link(draft, path)
        finally:
            os.close(handle)
            draft.unlink()
    except FileExistsError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error


def rotate_file(home: Path, reseal: Callable[[Vault, Vault], int]) -> int:
    """Gives the home a new key and re-seals everything with it; how many values that were.

    `reseal(old, new)` does so in one transaction. Killed at any instant, running it again finishes: the
    new key lies in the file `key.next` until everything is sealed with it.
    """
    path, following = home / KEY_FILE, home / NEXT_KEY_FILE
    old = _read(path)
    with suppress(FileExistsError):
        save_key(following, new_key())
    new = _read(following)
    count = reseal(Vault(old, new), Vault(new, old))
    try:
        following.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    return count


def _next_keys(home: Path) -> Sequence[bytes]:
    path = home / NEXT_KEY_FILE
    return [_read(path)] if path.exists() else []


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except FileNotFoundError:
        raise _missing(f"The file {path} is gone") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailable(f"The key file {path} cannot be read.", fix="Give this user the right to.") from error
    if mode & 0o077:
        raise UsageError(
            f"The key file {path} can be read by others.",
            fix=f"Run `chmod 600 {path}`; if others may have seen it, `linewright key rotate` afterwards.",
            reason="key",
        )
    return key_of(Secret(text))


def _from_keyring(name: str, may_create: Callable[[], bool]) -> bytes:
    # Loading it asks the desktop's services, which most homes do not use.
    import keyring
    from keyring.errors import KeyringError

    try:
        text = keyring.get_password("linewright", name)
        if text is None:
            if not may_create():
                raise _missing(f"The system's keyring holds no key named {name}")
            text = base64.b64encode(new_key()).decode()
            keyring.set_password("linewright", name, text)
    except KeyringError as error:
        raise UsageError(
            f"The system's keyring cannot be used: {type(error).__name__}.",
            fix="Unlock it, or use a key file: unset LINEWRIGHT_KEY.",
            reason="key",
        ) from error
    return key_of(Secret(text))


def _missing(what: str) -> KeyMismatch:
    return KeyMismatch(
        f"{what}, and this home holds sealed secrets.",
        fix="Put the key back (from a backup), or set LINEWRIGHT_KEY to it. Without it the secrets cannot be opened.",
        reason="key-missing",
    )


def _unwritable(path: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The key file {path} cannot be written: {error.strerror}.",
        fix="Give this user the right to write to the home, or make room on the disk.",
    )
