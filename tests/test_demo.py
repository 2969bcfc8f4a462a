"""The demo ends well, says who was asked, and cannot end well by mistake."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from linewright import demo
from linewright.simulator.remote import Remote


def played(monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(demo, "FRAME_SECONDS", 0)
    paper = io.StringIO()
    status = demo.run(console=Console(file=paper, width=200))
    return status, paper.getvalue()


def test_all_twelve_come_to_their_right_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    status, paper = played(monkeypatch)
    assert status == 0
    assert "12 numbers, 21 registrations" in paper
    assert "A person was asked 2 times" in paper
    for story in demo.STORIES:
        assert story.trouble in paper


def test_a_wrong_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remote whose registrations say ok and do nothing is not believed."""

    def forgetful(self: Remote, number: object, sent: object) -> dict[str, bool]:
        return {"success": True}

    monkeypatch.setattr(Remote, "register", forgetful)
    status, paper = played(monkeypatch)
    assert status == 4
    assert "Some ends are wrong" in paper
