"""A short run of Schemathesis; `python -m tests.service.schema --minutes 10` is the long one."""

from __future__ import annotations

from tests.service.schema import run


def test_the_service_answers_as_its_document_says() -> None:
    figures = run(4, most=2)
    assert figures.failures == [], figures.log
    assert figures.operations > 30
    assert figures.statuses["200"]
    assert not [status for status in figures.statuses if status.startswith("5")]
