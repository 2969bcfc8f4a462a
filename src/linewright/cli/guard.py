"""Whatever a command raises becomes two or three clear lines and an exit status; nobody sees a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from linewright.cli.say import fault, write_error
from linewright.errors import LinewrightError

__all__ = ["INTERRUPTED", "OUR_FAULT", "chosen", "guarded"]

INTERRUPTED = 130
OUR_FAULT = 1
"""Never used on purpose: it says that Linewright itself is at fault."""


class Chosen:
    """What the words before the command chose for the whole process."""

    home: Path | None = None


chosen = Chosen()


def guarded(work: Callable[[], int], *, as_json: bool) -> int:
    """Runs `work`; the result is the exit status, whatever happened."""
    try:
        return work()
    except LinewrightError as error:
        write_error(error, as_json=as_json)
        return error.status
    except KeyboardInterrupt:
        fault("Stopped. What was already done stays.")
        return INTERRUPTED
    except Exception as error:
        return _our_fault(error, as_json=as_json)


def _our_fault(error: Exception, *, as_json: bool) -> int:
    from linewright.logs import details_of

    details = details_of(error)
    kept = _keep(details)
    wrong = LinewrightError(
        f"Linewright met an error of its own ({type(error).__name__}). What was already done stays.",
        fix=f"The details, without secrets, are in {kept}: please report them, then try again."
        if kept
        else "Its details could not be written down: run it again with LINEWRIGHT_LOG=debug, and please report it.",
        reason="internal",
    )
    write_error(wrong, as_json=as_json)
    return OUR_FAULT


def _keep(details: str) -> Path | None:
    """Writes the details into the home, readable by its owner only."""
    from linewright.clock import SystemClock
    from linewright.config import load

    try:
        home = load(chosen.home).home
        file = home / f"crash-{SystemClock().now():%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(details)
    except (OSError, LinewrightError):
        return None
    return file
