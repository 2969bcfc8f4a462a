"""The REST interface, from its own OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from docs.drawn import NOTICE, table

from linewright.config import Settings
from linewright.face import Linewright
from linewright.service.app import create_app
from linewright.service.reasons import reasons

__all__ = ["document", "page"]

INTRODUCTION = """# REST

`linewright serve` answers under `/api/v1`; its whole OpenAPI document, with every shape, is at `/api/v1/openapi.json`.
Programs send a token (`Authorization: Bearer …`) that an admin makes on the page, under Settings, API tokens; each has
scopes: `read` looks, `operate` asks and answers, `admin` looks after accounts, people and channels.

A first request, step by step, is in [a guide](../guides/rest.md).

- Times are RFC 3339 in UTC with `Z`, durations are whole seconds and their names end in `_seconds`; every key is always
  there, and `null` where it is empty.
- Lists are `{"items": […], "next": …}`; give `next` back as `cursor` for the page after it.
- A request that changes something may carry an `Idempotency-Key`: sent again within 24 hours it is answered as before
  and not done twice; with another body it is refused (422).
- A refusal is a problem document (RFC 9457, `application/problem+json`) with a stable `type` for each `reason`.

"""
KINDS = {"array": "list", "integer": "whole number", "boolean": "true or false"}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of this version."""

    async def drawn() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder), graph_url="http://127.0.0.1:1")
            async with Linewright(settings=settings) as face:
                return create_app(face, public_url="http://127.0.0.1").openapi()

    return asyncio.run(drawn())


def page() -> str:
    """Each address with what it takes and how it answers, by its tag; then every reason of a refusal."""
    parts, there = [NOTICE, INTRODUCTION], document()["paths"].items()
    operations = [(path, method, told) for path, methods in there for method, told in methods.items()]
    for tag in document()["tags"]:
        mine = [each for each in operations if tag["name"] in each[2].get("tags", ())]
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n\n" if mine else "")
        parts += [_told(*each) for each in mine]
    parts.append("## Reasons\n\nThe `reason` of a problem document, and the last part of its `type`.\n\n")
    rows: list[tuple[object, ...]] = [(f"`{name}`", words.title, words.meaning) for name, words in reasons().items()]
    return "".join([*parts, table(("reason", "title", "what it means"), rows)])


def _told(path: str, method: str, told: dict[str, Any]) -> str:
    words = told.get("description", "").strip()
    given: list[tuple[object, ...]] = [
        (f"`{each['name']}`", each["in"], each.get("description", ""))
        for each in told.get("parameters", ())
        if each["in"] != "header"
    ]
    content = told.get("requestBody", {}).get("content", {})
    body = _shape(content)
    answers = ", ".join(
        f"{status} {_shape(answer.get('content', {}))}".strip()
        for status, answer in told["responses"].items()
        if status.startswith("2")
    )
    refused = ", ".join(status for status in told["responses"] if not status.startswith("2"))
    lines = [f"### {method.upper()} {path}\n", f"{told['summary']}." + (f" {words}" if words else "") + "\n"]
    lines += [table(("parameter", "in", ""), given).rstrip() + "\n"] if given else []
    lines.append(
        (f"Body: {body}. " if body else "") + f"Answers: {answers}." + (f" Refused with: {refused}." if refused else "")
    )
    lines += _fields(content)
    return "\n".join(lines) + "\n\n"


def _fields(content: dict[str, Any]) -> list[str]:
    """A JSON body's fields and an example; nothing where it is no object of a name."""
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = document()["components"]["schemas"].get(name, {})
    needed = schema.get("required", ())
    rows: list[tuple[object, ...]] = [
        (f"`{field}`" + (" (needed)" if field in needed else ""), _kind(told), told.get("description", ""))
        for field, told in schema.get("properties", {}).items()
    ]
    told = " ".join(schema.get("description", "").split())
    lines = ["\n" + told] if told and rows else []
    lines += ["\n" + table(("field", "kind", ""), rows).rstrip()] if rows else []
    return lines + [f"\n```json\n{json.dumps(example)}\n```" for example in schema.get("examples", ())[:1]]


def _kind(told: dict[str, Any]) -> str:
    """What a field holds, in a word or as the words that it may be."""
    kinds = [each for each in told.get("anyOf", [told]) if each.get("type") != "null"]
    words = ["one of " + ", ".join(f"`{word}`" for word in each["enum"]) if "enum" in each else "" for each in kinds]
    return " or ".join(
        word or (f"`{each['const']}`" if "const" in each else KINDS.get(each.get("type"), each.get("type", "object")))
        for word, each in zip(words, kinds, strict=True)
    )


def _shape(content: dict[str, Any]) -> str:
    """The name of the schema of a body, or its media type."""
    for media, told in content.items():
        schema = told.get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        return f"`{name}`" if name else f"`{media}`"
    return ""
