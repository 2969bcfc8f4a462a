"""One renderer of the catalogue: for the command line, the API, the page and the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linewright.domain.entries import Entry

__all__ = ["duration", "fields", "lines", "markdown"]

WHO = {
    "nobody": "Nobody: Linewright acts by itself.",
    "person": "A person is needed.",
    "support": "The remote's support is needed.",
}
RETRY = {
    "never": "Not repeated as it is.",
    "after_wait": "Repeated after a wait.",
    "after_change": "Repeated once something has changed.",
}


def fields(entry: Entry) -> dict[str, Any]:
    """What an entry itself gives to an explanation: the keys of DESIGN 8 that no single answer changes."""
    return {
        "name": entry.name,
        "summary": entry.summary,
        "meaning": entry.meaning,
        "steps": list(entry.steps),
        "notes": [*entry.notes, *(f"Correction: {text}" for text in entry.corrections)],
        "who": entry.who,
        "owner": entry.owner,
        "retry": entry.retry,
        "costs": entry.costs,
        "documentation": entry.documentation,
        "source": entry.source,
    }


def lines(explanation: Mapping[str, Any]) -> list[str]:
    """An explanation (DESIGN 8) as plain lines for a terminal or a page; an empty line parts the blocks."""
    blocks: list[list[str]] = [_head(explanation), [_plain(explanation["meaning"])]]
    steps = [f"{number}. {text}" for number, text in enumerate(explanation["steps"], 1)]
    blocks.append(["What to do:", *steps] if steps else [])
    notes = [f"- {text}" for text in explanation["notes"]]
    blocks.append(["Notes:", *notes] if notes else [])
    blocks.append(_facts(explanation))
    filled = [[line for line in block if line] for block in blocks]
    return [line for block in filled if block for line in (*block, "")][:-1]


def markdown(entry: Entry) -> str:
    """An entry as a section of the documentation."""
    facts: list[tuple[str, object]] = [
        ("Who acts", WHO[entry.who]),
        ("Again", RETRY[entry.retry]),
        ("Wait when none is told", duration(int(entry.wait.total_seconds())) if entry.wait else None),
        ("Costs", entry.costs),
        ("Documented HTTP status", entry.http_status),
        ("Remedy", f"`{entry.remedy}`"),
        ("Documentation", f"<{entry.documentation}>"),
        ("Source", entry.source),
    ]
    parts = [f"## {_span(entry)}: {entry.name}", entry.summary, entry.meaning]
    parts += ["\n".join(f"{number}. {text}" for number, text in enumerate(entry.steps, 1))]
    parts += _bullets("Notes", entry.notes)
    parts += _bullets("Corrections", entry.corrections)
    parts += [f"In words for the customer: {entry.owner}"]
    parts += ["\n".join(f"- {label}: {value}" for label, value in facts if value)]
    return "\n\n".join(parts) + "\n"


def duration(seconds: int) -> str:
    """`5 min`, `1 h 30 min`, `3 days`: the two largest units that are not zero."""
    parts: list[str] = []
    for length, name in ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}{'s' if name == 'day' and count > 1 else ''}")
    return " ".join(parts[:2]) or "0 s"


def _head(explanation: Mapping[str, Any]) -> list[str]:
    code, subcode = explanation["code"], explanation["subcode"]
    figure = "no code" if code is None else f"{code}/{subcode}" if subcode is not None else f"{code}"
    return [f"{figure}: {_plain(explanation['name'])}", _plain(explanation["summary"])]


def _facts(explanation: Mapping[str, Any]) -> list[str]:
    found = [WHO.get(explanation["who"], ""), RETRY.get(explanation["retry"], "")]
    if explanation["wait_seconds"] is not None:
        told = {"text": "told in its text", "header": "told in a header", "default": "none was told"}
        found.append(f"Wait: {duration(explanation['wait_seconds'])} ({told[explanation['wait_from']]}).")
    for label, key in (("Costs", "costs"), ("For the customer", "owner"), ("Documentation", "documentation")):
        found.append(f"{label}: {explanation[key]}" if explanation[key] else "")
    found.append(f"Source: {explanation['source']}" if explanation["source"] else "")
    found.append(f"Trace id: {explanation['fbtrace_id']}" if explanation["fbtrace_id"] else "")
    return found


def _span(entry: Entry) -> str:
    figure = f"{entry.code}-{entry.through}" if entry.through is not None else str(entry.code)
    return f"{figure}/{entry.subcode}" if entry.subcode is not None else figure


def _bullets(title: str, texts: Sequence[str]) -> list[str]:
    return ["\n".join([f"{title}:", "", *(f"- {text}" for text in texts)])] if texts else []


def _plain(value: object) -> str:
    return "" if value is None else str(value)
