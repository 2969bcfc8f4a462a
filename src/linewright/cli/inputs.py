"""What people and scripts hand in: secrets from files, stdin or a hidden prompt, never from an argument."""

from __future__ import annotations

import getpass
import re
import sys
from pathlib import Path
from typing import overload

from linewright.errors import UsageError
from linewright.secret import Secret

__all__ = [
    "STDIN",
    "app_secret",
    "bytes_of",
    "is_terminal",
    "passphrase",
    "pin",
    "secret_text",
    "signup_code",
    "stdin_is_terminal",
    "token",
]

LARGEST = 65_536
"""Bytes; nothing that is handed in here is longer."""
STDIN = Path("-")
PIN_DIGITS = 6


def stdin_is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def is_terminal() -> bool:
    """Whether a person sits at both ends: only then is a question asked here."""
    return stdin_is_terminal() and sys.stdout.isatty()


def token(file: Path | None) -> Secret:
    """The access token, from its file, else from stdin (hidden at a terminal). Raises `UsageError`."""
    return _word(_text(file or STDIN, "access token"), "access token")


@overload
def app_secret(file: Path) -> Secret: ...


@overload
def app_secret(file: Path | None) -> Secret | None: ...


def app_secret(file: Path | None) -> Secret | None:
    return _word(_text(file, "app secret"), "app secret") if file else None


def signup_code(file: Path) -> Secret:
    """The code of an Embedded Signup, from its file or stdin."""
    return _word(_text(file, "signup code"), "signup code")


def pin(file: Path | None, *, stdin: bool = False) -> Secret | None:
    """The PIN given with a request, or None. Leading zeros are kept. Raises `UsageError`."""
    if file is not None and stdin:
        raise UsageError(
            "The PIN is given twice, by --pin-file and --pin-stdin.", fix="Keep one of the two.", reason="pin-form"
        )
    if file is None and not stdin:
        return None
    text = _text(file or STDIN, "PIN")
    if len(text) != PIN_DIGITS or not (text.isascii() and text.isdigit()):
        raise UsageError(_wrong_pin(text), fix=f"Give exactly {PIN_DIGITS} digits and nothing else.", reason="pin-form")
    return Secret(text)


def secret_text(file: Path | None, what: str) -> Secret:
    """An answer to a question, as it came: a code, a PIN, or the whole message that holds it."""
    return Secret(_text(file or STDIN, what))


def passphrase(file: Path | None, *, twice: bool = False) -> Secret:
    """A passphrase from its file, else typed at the terminal, `twice` where it is new. Raises `UsageError`."""
    if file is not None or not stdin_is_terminal():
        if file is None:
            raise UsageError(
                "A passphrase is needed.",
                fix="Give it with --passphrase-file FILE, or run this at a terminal.",
                reason="passphrase",
            )
        return Secret(_text(file, "passphrase"))
    first = getpass.getpass("Passphrase (not shown): ")
    if twice and getpass.getpass("Once more: ") != first:
        raise UsageError("The two are not the same.", fix="Run it again; nothing was written.", reason="passphrase")
    return Secret(first)


def _wrong_pin(text: str) -> str:
    if text.isascii() and text.isdigit():
        return f"A PIN has {PIN_DIGITS} digits; this one has {len(text)}."
    return f"A PIN has {PIN_DIGITS} digits and nothing else; this one holds other characters."


def _word(text: str, what: str) -> Secret:
    word = text.strip()
    if not re.fullmatch(r"[!-~]+", word):
        raise UsageError(
            f"The {what} holds spaces or characters that none has.",
            fix=f"Give the {what} alone, as it was copied, on one line.",
            reason="secret-form",
        )
    return Secret(word)


def _text(file: Path, what: str) -> str:
    """The text without its closing newline; never empty."""
    if file == STDIN and stdin_is_terminal():
        text = getpass.getpass(f"{what[0].upper()}{what[1:]} (not shown): ")
    else:
        text = (
            _decoded(bytes_of(file, f"The file with the {what}", LARGEST), what).removeprefix("\ufeff").rstrip("\r\n")
        )
    if not text.strip():
        where = "stdin" if file == STDIN else "the file"
        raise UsageError(
            f"No {what} was given: {where} is empty.",
            fix=f"Put the {what} there; as an argument it would be seen by others.",
            reason="secret-missing",
        )
    return text


def bytes_of(file: Path, told: str, largest: int) -> bytes:
    """What a file or stdin holds, one byte more than `largest` at most; `told` names it where it cannot be read."""
    try:
        if file == STDIN:
            return sys.stdin.buffer.read(largest + 1)
        with file.open("rb") as opened:
            return opened.read(largest + 1)
    except OSError as error:
        raise UsageError(
            f"{told} cannot be read: {error.strerror or type(error).__name__}.",
            fix=f"Check that {file} exists and that you may read it.",
            reason="file-unreadable",
        ) from None


def _decoded(raw: bytes, what: str) -> str:
    try:
        if len(raw) <= LARGEST:
            return raw.decode()
        fault = "is far too long"
    except UnicodeDecodeError:
        fault = "is not text"
    raise UsageError(
        f"What was given as the {what} {fault}.", fix=f"Give the {what} alone, as plain text.", reason="secret-form"
    )
