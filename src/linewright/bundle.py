"""The support bundle: one redacted zip with everything that a supporter asks for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from linewright.errors import StoreUnavailable
from linewright.graph.redact import redact, redact_text
from linewright.shapes import when
from linewright.store.timeline import Moment

__all__ = ["write_bundle"]

Shape = dict[str, Any]


def write_bundle(
    path: Path, number: Shape, stories: Iterable[tuple[Shape, list[Moment]]], *, now: datetime
) -> list[str]:
    """Writes the bundle of one number and says which files it holds. Raises `StoreUnavailable`.

    `stories` are the number's operations, the newest first, each with its timeline. Nothing in them is
    secret, and everything passes the redaction once more.
    """
    told = list(stories)
    lines = [(operation, moment) for operation, moments in told for moment in moments]
    lines.sort(key=lambda line: line[1].at)
    files = {
        "READ-ME-FIRST.txt": _letter(number, told, now),
        "timeline.txt": _timeline(lines),
        "timeline.json": json.dumps([_moment(*line) for line in lines], indent=1),
        "number.json": json.dumps(number, indent=1),
        "operations.json": json.dumps([operation for operation, _ in told], indent=1),
    }
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, redact_text(text))
    except OSError as error:
        raise StoreUnavailable(
            f"The bundle cannot be written to {path}: {error.strerror or type(error).__name__}.",
            fix="Name another file with -o, in a folder that can be written.",
            reason="bundle",
        ) from None
    return list(files)


def _moment(operation: Shape, moment: Moment) -> Shape:
    facts: Shape = redact(moment.facts)
    return {
        "at": when(moment.at),
        "operation": operation["id"],
        "kind": moment.kind,
        "text": moment.text,
        "facts": facts,
    }


def _timeline(lines: list[tuple[Shape, Moment]]) -> str:
    rows = [
        f"{when(moment.at)}  {moment.kind:<8}  {operation['goal']:<10}  {moment.text}" for operation, moment in lines
    ]
    return "\n".join(rows or ["Nothing has happened here yet."]) + "\n"


def _letter(number: Shape, told: list[tuple[Shape, list[Moment]]], now: datetime) -> str:
    """What a person sends to Meta Direct Support, ready to be pasted."""
    refused = [a for operation, _ in told for a in operation["attempts"] if a["outcome"] != "ok"]
    lines = [
        f"Support bundle of {number['display']} (phone_number_id {number['id']}, account {number['account']})",
        f"Made by Linewright at {when(now)}. It holds no PIN, code, token or app secret.",
        "",
        f"Standing: {number['standing']}" + (f", read at {number['read_at']}" if number["read_at"] else ""),
        "",
        "What to send to Meta Direct Support",
        "  Question type: WhatsApp Business Platform, phone number and registration.",
        f"  Phone number id: {number['id']}",
        "  Calls that were refused or stayed without an answer, each with its fbtrace_id:",
    ]
    lines += [
        f"    {a['at']}  {a['call']}  {a['outcome']}  code {a['code']}"
        + (f"/{a['subcode']}" if a["subcode"] else "")
        + f"  fbtrace_id {a['fbtrace_id'] or 'none'}"
        + (f"\n      {a['details']}" if a["details"] else "")
        for a in refused
    ] or ["    none"]
    lines += ["", "What was tried"]
    lines += [
        f"  {operation['opened_at']}  {operation['goal']}: {operation['state']} ({operation['reason']}), "
        f"{len(operation['attempts'])} calls. {operation['message']}"
        for operation, _ in told
    ] or ["  nothing yet"]
    return "\n".join(lines) + "\n"
