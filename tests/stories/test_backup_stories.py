"""A home put back from an older copy looks before it writes, and what was done since is not done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy2
from typing import Any

import pytest
from tests.support.stories import PIN, Stage, Story

from linewright.config import Settings
from linewright.face import Linewright


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "home") as stage:
        yield stage


@contextmanager
def put_back(stage: Stage, copy: Path) -> Iterator[Linewright]:
    """The former home is stopped; a new one has the copy and the key."""
    former, home = stage.lw, stage.home.with_name("another")
    home.mkdir(mode=0o700)
    copy2(copy, home / "linewright.db")
    copy2(stage.home / "key", home / "key")
    settings = Settings(home=home, graph_url="http://127.0.0.1:1", log="debug")
    stage.lw = Linewright(settings=settings, clock=stage.clock, transport=stage.simulator.transport)
    try:
        yield stage.lw
    finally:
        stage.do(stage.lw.aclose())
        stage.lw = former


def backup(stage: Stage) -> Path:
    target = stage.home.with_name("copy.db")
    stage.do(stage.lw.backup(target))
    return target


def registers(stage: Stage, number: str) -> int:
    e164 = stage.door.number(number)["e164"]
    return sum(call.kind == "register" and call.e164 == e164 for call in stage.door.calls())


def writes(stage: Stage, since: int) -> list[str]:
    return [call.kind for call in stage.door.calls(since) if call.kind in ("register", "deregister", "set_pin")]


def again(stage: Stage, story: Story) -> Story:
    """The same operation, as the home put back knows it."""
    return Story(stage, stage.do(stage.lw.operation(story.id)))


def test_what_was_done_after_the_copy_is_seen_and_not_done_again(stage: Stage) -> None:
    number = stage.number()
    story = stage.open("register", number)
    copy = backup(stage)
    story.drive().ends("done", "registered")
    assert registers(stage, number) == 1
    with put_back(stage, copy) as lw:
        told = again(stage, story).push()
        assert (told.state, told.now["reason"]) == ("asking", "account-paused")
        assert "put back from a copy" in told.now["message"]
        stage.do(lw.update_account(["shop"], paused=False))
        again(stage, story).drive().ends("done", "already-online")
    assert registers(stage, number) == 1


def test_a_copy_made_while_a_call_is_in_flight(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy has the intent and not the answer: a reading settles it."""
    number = stage.number()
    story = stage.open("register", number)
    remote = stage.lw.office.ports.remote
    copies: list[Path] = []
    sent = type(remote).send

    async def send(self: Any, order: Any) -> Any:
        if order.call == "register" and not copies:
            copies.append(stage.home.with_name("copy.db"))
            await stage.lw.backup(copies[0])
        return await sent(self, order)

    monkeypatch.setattr(type(remote), "send", send)
    story.drive().ends("done", "registered")
    monkeypatch.undo()
    with put_back(stage, copies[0]) as lw:
        told = again(stage, story)
        assert [attempt["outcome"] for attempt in told.now["attempts"]] == ["in_doubt"]
        stage.do(lw.update_account(["shop"], paused=False))
        again(stage, story).drive().ends("done", "registered")
    assert registers(stage, number) == 1


def test_what_was_spent_after_the_copy_does_not_lead_to_a_block(stage: Stage) -> None:
    number = stage.number()
    copy = backup(stage)
    stage.spend("register", number, 8)
    with put_back(stage, copy) as lw:
        stage.do(lw.update_account(["shop"], paused=False))
        stage.answers("register", 131008, 131009)
        began = stage.door.calls()[-1].seq
        story = stage.register(number).asks("fix").answer(done=True).asks("fix").say(done=True).later(minutes=2)
        assert writes(stage, began) == ["register", "register"]
        assert registers(stage, number) == 10, "the remote's own limit, and not one more"
        assert (story.now["state"], story.now["reason"]) == ("waiting", "automatic-cap")
        shown = stage.show(number)["budgets"]["register"]
        assert (shown["used"], shown["automatic_limit"], shown["next_free_at"]) == (2, 2, story.now["wake_at"])
        story.drive().ends("done", "registered")
    assert not any(call.code == 133016 for call in stage.door.calls())


def test_pins_and_refused_ones_are_known_as_of_the_copy(stage: Stage) -> None:
    number = stage.number(pin=PIN)
    stage.register(number, pin="111222").asks("pin")
    copy = backup(stage)
    with put_back(stage, copy) as lw:
        stage.do(lw.update_account(["shop"], paused=False))
        story = Story(stage, stage.do(stage.lw.operations())[0])
        began = stage.door.calls()[-1].seq
        story.push()
        assert story.asked == "pin"
        assert writes(stage, began) == [], "the PIN that was refused before the copy is not sent again"
        stage.wait(minutes=2)
        story.answer(value=PIN).ends("done", "registered")
