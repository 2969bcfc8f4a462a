"""The guide to errors: every one that is described, a search through them, and a box for one that was met."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from linewright.catalogue.render import RETRY, WHO, fields
from linewright.domain.entries import Entry
from linewright.explain import catalogue, explain
from linewright.service.page.frame import Form, Person, draw, text_of
from linewright.service.problems import Problem

__all__ = ["router"]

router = APIRouter()
LONGEST_PASTE = 100_000
"""Signs; an error body has a few hundred."""
GROUPS = (("nobody", "Linewright acts by itself"), ("person", "A person is needed"), ("support", "Support is needed"))


@router.get("/errors")
def guide(request: Request, caller: Person, q: str = "") -> Response:
    """The whole guide, or what fits the words of `q`."""
    wanted = q.strip()[:200]
    exact = _of_code(wanted) if wanted.isdecimal() else []
    if exact:
        return RedirectResponse(f"/errors/{wanted}", 303)
    return _drawn(request, caller, wanted=wanted)


@router.post("/errors")
def explained(request: Request, caller: Person, form: Form) -> Response:
    """What a pasted error means. Nothing of it is kept."""
    pasted = text_of(form, "error")[:LONGEST_PASTE]
    if not pasted:
        return _drawn(
            request, caller, wrong="Paste an error first: its body, a log line, or only its code.", status=422
        )
    return _drawn(request, caller, found=explain(pasted))


def _drawn(request: Request, caller: Person, *, wanted: str = "", status: int = 200, **more: Any) -> Response:
    entries = [entry for entry in catalogue().entries if _fits(entry, wanted)]
    groups = [(title, [entry for entry in entries if entry.who == who]) for who, title in GROUPS]
    known = {"wanted": wanted, "groups": groups, "total": len(entries), "found": None, "wrong": "", "figure": figure}
    return draw(request, caller, "errors.html", status=status, WHO=WHO, RETRY=RETRY, **(known | more))


@router.get("/errors/{code}")
def of_code(request: Request, caller: Person, code: str) -> Response:
    """All that is described of a code: one meaning, or several that its subcode or words tell apart."""
    found = _of_code(code) or _of_key(code)
    if not found:
        raise _undescribed(code)
    return _pages(request, caller, code, found, others=[])


@router.get("/errors/{code}/{rest}")
def of_subcode(request: Request, caller: Person, code: str, rest: str) -> Response:
    """One meaning of a code."""
    found = _of_key(f"{code}/{rest}")
    if not found:
        raise _undescribed(f"{code}/{rest}")
    others = [entry for entry in _of_code(code) if entry.key != found[0].key]
    return _pages(request, caller, code, found, others=others)


def _pages(request: Request, caller: Person, code: str, found: list[Entry], *, others: list[Entry]) -> Response:
    title = f"{figure(found[0])}: {found[0].name}" if len(found) == 1 else f"Error {code}"
    shown = [(entry, fields(entry) | {"wait": entry.wait}) for entry in found]
    return draw(
        request, caller, "error.html", title=title, shown=shown, others=others, WHO=WHO, RETRY=RETRY, figure=figure
    )


def _of_key(key: str) -> list[Entry]:
    return [entry for entry in catalogue().entries if entry.key == key]


def _of_code(code: str) -> list[Entry]:
    """The widest first: what holds when nothing narrower does."""
    if not code.isdecimal() or len(code) > 12:
        return []
    found = [entry for entry in catalogue().entries if entry.code <= int(code) <= (entry.through or entry.code)]
    return sorted(found, key=lambda entry: (entry.subcode is not None, bool(entry.tokens), bool(entry.calls)))


def _fits(entry: Entry, wanted: str) -> bool:
    """Every word stands somewhere in the entry, whatever its capitals."""
    text = " ".join((entry.key, figure(entry), entry.name, entry.summary, entry.meaning, entry.owner, *entry.steps))
    folded = text.casefold()
    return all(word in folded for word in wanted.casefold().split())


def figure(entry: Entry) -> str:
    """The code as people write it: `136024/2388091`, `2593000-2593999`."""
    code = f"{entry.code}–{entry.through}" if entry.through is not None else str(entry.code)
    return f"{code}/{entry.subcode}" if entry.subcode is not None else code


def _undescribed(code: str) -> Problem:
    return Problem(
        404,
        "unknown-code",
        f"Nobody has described the error {code[:40]} yet.",
        fix="Paste its whole body on the page Errors: its own words may tell more.",
    )
