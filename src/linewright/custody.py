"""PIN custody: a sealed export for another keeper, and the import of one or of another tool's list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linewright.engine.ports import Clock
from linewright.envelope import Entry, fit_passphrase, is_envelope, opened, sealed
from linewright.errors import StoreUnavailable, UsageError
from linewright.pin_list import bad_rows, of_entries, read
from linewright.secret import Secret
from linewright.shapes import number_ref, when
from linewright.sheet import LARGEST, decoded
from linewright.store.custody import Given
from linewright.store.store import Store

__all__ = ["CustodyDesk"]

PAGE = 500


class CustodyDesk:
    """Hands PINs over and takes them in, on the machine that holds the home."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def export(
        self, target: Path, passphrase: Secret, *, numbers: Sequence[str], account: str | None, who: str
    ) -> dict[str, Any]:
        """Writes the sealed list to a new file for its owner alone. Raises `UsageError`: `passphrase`, `file-exists`,
        `unknown-number`, `unknown-account`, `no-pin`; `StoreUnavailable` for a file that cannot be written."""
        fit_passphrase(passphrase)
        chosen = self._chosen(numbers, account)
        handle = _new_file(target)
        try:
            with os.fdopen(handle, "wb") as file:
                handed = self._store.custody.hand_over(chosen, now=self._clock.now(), who=who)
                if not handed:
                    raise UsageError(
                        "No PIN of these numbers is kept here.",
                        fix="`linewright pin status N` tells what is known of one.",
                        reason="no-pin",
                    )
                entries = [
                    Entry(e164=e.number.e164, pin=e.digits, state=e.book.state.value, since=when(e.book.since))
                    for e in handed
                ]
                file.write(sealed(entries, passphrase))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            target.unlink(missing_ok=True)
            raise _unwritable(target, error) from None
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        went = {e.number.e164 for e in handed}
        without = {number.e164: number for number in chosen if number.e164 not in went}
        return {
            "file": str(target),
            "items": [
                {"number": number_ref(e.number), "state": e.book.state.value, "since": when(e.book.since)}
                for e in handed
            ],
            "without": [number_ref(number) for number in without.values()],
        }

    def _chosen(self, numbers: Sequence[str], account: str | None) -> list[Any]:
        """The numbers that are named, or all of an account, or all."""
        if numbers and account is not None:
            raise UsageError(
                "Numbers and an account are named together.", fix="Name numbers, or one account.", reason="usage"
            )
        if numbers:
            return [self._store.numbers.find(each) for each in numbers]
        if account is not None:
            self._store.accounts.get(account)
        found, after = [], None
        while True:
            page, after = self._store.numbers.listing(account=account, after=after, limit=PAGE)
            found += [line.number for line in page]
            if after is None:
                return found

    def is_sealed(self, source: Path) -> bool:
        """Whether a file is a sealed list, so that a passphrase is needed."""
        return is_envelope(_text_of(source))

    def take(self, source: Path, passphrase: Secret | None, *, who: str) -> dict[str, Any]:
        """Takes in a list, whole or not at all; PINs come in as given, and unproven. Raises `UsageError`:
        `file-unreadable`, `import-file`, `passphrase`, `sealed-export`, `pin-list`; `pin-rows` names every bad row."""
        text = _text_of(source)
        in_clear = not is_envelope(text)
        if not in_clear and passphrase is None:
            raise UsageError(
                "This list is sealed.",
                fix="Give its passphrase with --passphrase-file FILE, or at the terminal.",
                reason="passphrase",
            )
        found = read(text) if passphrase is None or in_clear else of_entries(opened(text, passphrase))
        given = [Given(line=row.line, e164=row.e164, digits=row.pin) for row in found.rows]
        if found.bad:
            raise bad_rows(found.bad)
        taken, bad = self._store.custody.take(given, now=self._clock.now(), who=who)
        if bad:
            raise bad_rows(bad)
        return {
            "file": str(source),
            "in_clear": in_clear,
            "items": [
                {"line": each.line, "number": number_ref(each.number), "taken": "new" if each.new else "known"}
                for each in taken
            ],
        }


def _new_file(target: Path) -> int:
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{target} is there already, and nothing is written over it.",
            fix="Name another file with -o, or remove that one.",
            reason="file-exists",
        ) from None
    except OSError as error:
        raise _unwritable(target, error) from None


def _unwritable(target: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"{target} cannot be written: {error.strerror or type(error).__name__}.",
        fix="Name another file with -o, in a folder that can be written.",
        reason="export",
    )


def _text_of(source: Path) -> Secret:
    try:
        with source.open("rb") as file:
            return Secret(decoded(file.read(LARGEST + 1)))
    except OSError as error:
        raise UsageError(
            f"{source} cannot be read: {error.strerror or type(error).__name__}.",
            fix="Check that it exists and that you may read it.",
            reason="file-unreadable",
        ) from None
