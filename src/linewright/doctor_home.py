"""What the doctor says of the home itself: its folder, its key, and whether it was put back from a copy."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from linewright.domain.budget import RESERVE, WINDOW
from linewright.vault import KEY_FILE
from linewright.wiring import Installation

__all__ = ["Finding", "finding", "home", "key", "note", "put_back"]

Finding = dict[str, Any]


def finding(name: str, ok: bool | None, message: str, fix: str | None = None) -> Finding:
    """One line of the report; `ok` None means that it could not be looked at."""
    return {"name": name, "ok": ok, "message": message, "fix": fix if ok is not True else None}


def note(name: str, message: str, fix: str) -> Finding:
    """Nothing is wrong, and something could be better: it asks for nobody (the status stays 0)."""
    return {"name": name, "ok": True, "message": message, "fix": fix}


def home(office: Installation) -> Finding:
    folder = office.settings.home
    if not os.access(folder, os.W_OK):
        return finding("home", False, f"{folder} cannot be written.", "Give this user the right to write there.")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        return finding("home", False, f"{folder} can be read by other users (mode {mode:o}).", f"chmod 700 {folder}")
    return finding("home", True, f"{folder} is there and private.")


def key(office: Installation) -> Finding:
    if office.settings.vault_key is not None:
        return finding("key", True, "The vault's key comes from LINEWRIGHT_KEY and fits.")
    where = office.settings.home / KEY_FILE
    if not office.store.database.is_sqlite or not _together(where, office.store.database.place):
        return finding("key", True, f"The vault's key lies in {where} and fits. Keep a copy elsewhere.")
    return note(
        "key",
        f"The vault's key fits. It lies beside the database it opens, in {where.parent}: whoever copies that folder "
        "has both.",
        "Keep a copy of the key elsewhere, and back up with `linewright backup FILE`, which leaves it out. To part "
        "the two for good, set LINEWRIGHT_KEY and remove the file.",
    )


def _together(key: Path, place: str) -> bool:
    """Whether the key's file lies in the folder of the database; a link to elsewhere does not."""
    database = Path(place.removeprefix("sqlite:///"))
    return key.resolve().parent == database.resolve().parent


def put_back(office: Installation) -> list[Finding]:
    """What a home that was put back from a copy must be told, for as long as it matters."""
    now = office.clock.now()
    known = office.store.copies.taken_up(now)
    ends = known.restored_at + WINDOW if known is not None and known.restored_at is not None else None
    if known is None or ends is None or now >= ends:
        return []
    resting = [
        line.account.name
        for line in office.store.accounts.all()
        if line.account.paused and line.account.name not in known.paused_before
    ]
    message = (
        f"This home was put back on {known.restored_at:%Y-%m-%d %H:%M} UTC from a copy of "
        f"{known.copied_at:%Y-%m-%d %H:%M} UTC; what was done between is not known here."
    )
    if resting:
        return [
            finding(
                "restored",
                False,
                f"{message} These accounts still rest: {', '.join(resting)}.",
                "See that the home it was copied from is stopped for good, then: linewright account update "
                f"{' '.join(resting)} --resume",
            )
        ]
    return [
        note(
            "restored",
            f"{message} Until {ends:%Y-%m-%d %H:%M} UTC each phone is registered at most {RESERVE} times by itself.",
            "Use --use-reserve only for a phone of which you know what was done.",
        )
    ]
