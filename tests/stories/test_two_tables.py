"""The simulator's table of codes beside the catalogue: each difference stands here with its reason (DESIGN 4).

The two are written apart, from other sources. A difference without a reason is a mistake in one of them, and a
reason without a difference is out of date.
"""

from __future__ import annotations

from functools import cache

from linewright.catalogue.loader import load
from linewright.domain import remedies
from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import RemoteError
from linewright.simulator.codes import TABLE
from linewright.simulator.truth import Temper

Key = tuple[int, int | None]

OTHER_HTTP: dict[Key, str] = {
    (1, None): "The reference says 400; the simulator takes the unkinder 500, a 5xx that does carry a code.",
    (4, None): "The reference says 400; real logs show 403.",
    (200000, None): "No source gives a status, so the catalogue names none; the simulator has to send one.",
    (200000, 3095008): "No source gives a status, so the catalogue names none; the simulator has to send one.",
    (2494100, None): "No source gives a status, so the catalogue names none; the simulator has to send one.",
}
"""Where the status that the simulator sends is not the one that the catalogue documents."""

OTHER_TRANSIENT: dict[Key, str] = {
    (136024, None): "Sent with is_transient false, yet a day later, or verified meanwhile, the request is made again.",
    (136024, 2388091): "Sent with is_transient false, though its own text says to try again after a time.",
    (136024, 2388367): "Sent with is_transient false; the quota is over after a day all the same.",
}
"""Where `is_transient` says another thing than the catalogue's retry: nothing is ever decided on it."""

OTHER_WAIT: dict[str, str] = {
    "133008": "The simulator locks for 7 h and tells it; the catalogue's 12 h are kept where nothing is told.",
}
"""Where a default wait is not the time that the simulator's default temper takes."""

NEVER_SENT: dict[str, tuple[str, ...]] = {
    "The same code as a row of the simulator, told apart by words that its rules send or by the call.": (
        "100/SMB",
        "100/pin",
        "100/not-linked",
        "100/field",
        "100/not-an-account",
        "100/object",
        "100/permission",
        "2388001/register",
        "2388001/create",
    ),
    "The same answer with its code and subcode in other places, as some collected bodies have it.": (
        "2388091",
        "2388093",
        "33",
    ),
    "Codes that no rule of the simulator leads to; stories send them as faults.": (
        "17",
        "32",
        "341",
        "613",
        "368",
        "506",
        "803",
        "133001",
        "133002",
        "133003",
        "133007",
        "130497",
        "135000",
    ),
    "Moving a number between accounts by hand, on premise or with a backup, is not played.": (
        "2388019",
        "2593xxx",
        "2593079",
        "2593085",
        "2593107",
        "2593108",
        "2593109",
        "131060",
        "2655xxx",
        "2655111",
        "2655121",
    ),
    "Sending limits: the simulator delivers no messages.": ("130429", "131048", "131056"),
    "Health findings stand inside a good reading and are no error of a call.": (
        "141000",
        "141002",
        "141006",
        "141010",
        "138024",
    ),
}
"""Entries of the catalogue that no row of the simulator's table leads to."""


@cache
def catalogue() -> Catalogue:
    return load(remedies.NAMES)


@cache
def entries() -> dict[Key, Entry | None]:
    """What the catalogue finds for each row of the simulator, by code, subcode and message alone."""
    return {
        key: catalogue().find(RemoteError(code=key[0], subcode=key[1], message=row.message))
        for key, row in TABLE.items()
    }


def test_the_catalogue_describes_every_code_that_the_simulator_sends() -> None:
    assert [key for key, entry in entries().items() if entry is None] == []


def test_every_other_http_status_has_its_reason() -> None:
    differing = {key for key, entry in entries().items() if entry and entry.http_status != TABLE[key].http}
    assert differing == set(OTHER_HTTP)


def test_every_other_word_on_transience_has_its_reason() -> None:
    said = {key: row.transient for key, row in TABLE.items() if row.transient is not None}
    differing = {
        key for key, entry in entries().items() if key in said and entry and said[key] != (entry.retry == "after_wait")
    }
    assert differing == set(OTHER_TRANSIENT)


def test_every_entry_that_is_never_sent_has_its_reason() -> None:
    found = {entry.key for entry in entries().values() if entry}
    named = [key for keys in NEVER_SENT.values() for key in keys]
    assert len(named) == len(set(named))
    assert {entry.key for entry in catalogue().entries} - found == set(named)


def test_every_other_default_wait_has_its_reason() -> None:
    temper = Temper()
    takes = {
        "133008": temper.pin_lock_seconds,
        "133009": temper.pin_spacing_seconds,
        "133015": temper.deletion_seconds,
        "133016": temper.block_seconds,
        "136024/2388367": temper.code_hold_seconds,
    }
    kept = {entry.key: entry.wait.total_seconds() for entry in catalogue().entries if entry.wait and entry.key in takes}
    assert {key for key, seconds in takes.items() if kept[key] != seconds} == set(OTHER_WAIT)
    assert all(kept[key] >= seconds for key, seconds in takes.items())


def test_the_remote_words_its_codes_as_the_catalogue_names_them() -> None:
    """The figure in front of the message, where there is one, is the code of its row."""
    for (code, _), row in TABLE.items():
        if row.message.startswith("(#"):
            assert row.message.startswith(f"(#{code})")
