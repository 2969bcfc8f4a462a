"""The OpenAPI document and what stands behind it: examples, problems, reasons."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter
from tests.service.api_client import stage_in

import linewright
from linewright.service.api import bodies, models
from linewright.service.api.examples import BODIES, EXAMPLES
from linewright.service.reasons import reasons

SOURCE = Path(linewright.__file__).parent
RAISED = {"LinewrightError", "UsageError", "StoreUnavailable", "KeyMismatch", "RemoteUnavailable"}
SHAPES = {
    "task": models.TaskShape,
    "operation": models.OperationShape,
    "pin": models.PinStatus,
    "number": models.NumberShape,
    "plan": models.PlanShape,
    "account": models.AccountShape,
    "adopted": models.AdoptedShape,
    "entry": models.EntryShape,
    "explanation": models.Explanation,
    "service": models.ServiceShape,
    "problem": models.ProblemShape,
    "reason": models.ReasonShape,
}
SENT = {
    "account": bodies.NewAccount,
    "account_change": bodies.AccountChange,
    "accounts_change": bodies.AccountsChange,
    "adopt": bodies.Adoption,
    "adopt_event": bodies.Adoption,
    "adopt_token": bodies.Adoption,
    "number": bodies.NewNumber,
    "register": bodies.NewOperation,
    "deregister": bodies.NewOperation,
    "code": bodies.Answer,
    "approve": bodies.Answer,
    "resend": bodies.Answer,
}


@pytest.mark.parametrize("name", SHAPES)
def test_each_example_is_of_its_shape(name: str) -> None:
    assert EXAMPLES[name]
    SHAPES[name].model_validate(EXAMPLES[name])


@pytest.mark.parametrize("name", SENT)
def test_each_example_of_a_body_is_taken(name: str) -> None:
    taken: BaseModel = TypeAdapter(SENT[name]).validate_python(BODIES[name])
    assert taken
    assert not any(secret in repr(taken) for secret in ("012345", "123-830", "system user", "the code", "in hand"))


def _given(tree: ast.Module) -> Iterator[str]:
    """Every reason that a file gives: `reason="…"`, a default, the second word of a problem."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED:
            named = (each.value for each in node.keywords if each.arg == "reason")
            yield from (str(value.value) for value in named if isinstance(value, ast.Constant))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "default_reason":
            assert isinstance(node.value, ast.Constant)
            yield str(node.value.value)
        called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if called in ("Problem", "document") and isinstance(node, ast.Call) and len(node.args) > 1:
            second = node.args[1]
            if isinstance(second, ast.Constant):
                yield str(second.value)


def test_each_reason_has_a_page_and_each_page_a_reason() -> None:
    given = {
        reason
        for path in SOURCE.rglob("*.py")
        if "domain" not in path.parts
        for reason in _given(ast.parse(path.read_text()))
    }
    assert given - set(reasons()) == set()
    words = "".join(path.read_text() for path in SOURCE.rglob("*.py"))
    assert [name for name in reasons() if f'"{name}"' not in words] == []


def test_no_text_of_a_reason_is_empty() -> None:
    for name, reason in reasons().items():
        assert all((reason.title, reason.meaning, reason.fix)), name
        assert reason.title[-1] != "."
        assert reason.meaning[-1] == reason.fix[-1] == ".", name


def test_the_document_is_whole(tmp_path: Path) -> None:
    async def drawn() -> tuple[dict[str, Any], Any, Any, Any]:
        async with stage_in(tmp_path)() as stage:
            document = (await stage.api.get("/openapi.json")).json()
            async with stage.client() as anybody:
                page = await anybody.get("http://service.test/problems/operation-open")
                missing = await anybody.get("http://service.test/problems/sideways")
                looks = [await anybody.get(f"http://service.test{path}") for path in ("/healthz", "/readyz")]
                probes = [look.status_code for look in looks]
            return document, page, missing, probes

    document, page, missing, probes = asyncio.run(drawn())
    assert page.json()["reason"] == "operation-open"
    assert (missing.status_code, missing.json()["reason"]) == (404, "unknown-reason")
    assert probes == [200, 200]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)
            if path.startswith("/api/"):
                assert operation["security"] == [{"token": []}], (method, path)
                assert {"401", "403", "422", "503"} <= set(operation["responses"]), (method, path)
            names = [parameter["name"] for parameter in operation.get("parameters", [])]
            assert ("Idempotency-Key" in names) is (method == "post"), (method, path)
