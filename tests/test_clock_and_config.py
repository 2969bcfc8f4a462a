"""The clocks and the settings: what is shared between processes, and what is turned away."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linewright import UsageError
from linewright.clock import HomeClock, JumpingClock, SystemClock, monotonic, open_clock
from linewright.config import load
from linewright.wiring import make_pin

START = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts on")
def test_the_monotonic_clock_counts_on_while_the_machine_is_suspended() -> None:
    before, real, after = monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME), monotonic()
    assert before <= real <= after


def test_a_jumping_clock_moves_only_forward_and_each_look_is_later() -> None:
    clock = JumpingClock(START)
    first, second = clock.now(), clock.now()
    assert START < first < second
    clock.jump_to(START - timedelta(days=1))
    assert clock.now() > second
    asyncio.run(clock.until(START + timedelta(hours=72)))
    assert timedelta(hours=72) < clock.now() - START < timedelta(hours=72, seconds=1)


def test_a_homes_clock_is_shared_and_moved_for_every_process(tmp_path: Path) -> None:
    mine, theirs = HomeClock(tmp_path, 60), HomeClock(tmp_path)
    assert theirs.rate == 60
    before = theirs.now()
    mine.advance(3600)
    assert theirs.now() - before >= timedelta(hours=1)
    assert not list(tmp_path.glob("clock.[0-9]*"))


def test_another_rate_is_refused(tmp_path: Path) -> None:
    HomeClock(tmp_path, 60)
    with pytest.raises(UsageError) as refused:
        HomeClock(tmp_path, 100)
    assert "60, not at 100" in refused.value.message


def test_a_damaged_clock_is_told(tmp_path: Path) -> None:
    HomeClock(tmp_path, 60)
    (tmp_path / "clock.json").write_text("{")
    with pytest.raises(UsageError, match="clock"):
        HomeClock(tmp_path)


def test_only_a_rehearsal_gets_a_clock_of_its_own(tmp_path: Path) -> None:
    assert isinstance(open_clock(tmp_path, None), SystemClock)
    assert isinstance(open_clock(tmp_path, 1), SystemClock)
    assert isinstance(open_clock(tmp_path, 2), HomeClock)
    assert isinstance(open_clock(tmp_path, None), HomeClock), "the home is a rehearsal from then on"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linewright.toml").write_text('log = "info"\nkeep_days = 30\n')
    monkeypatch.setenv("LINEWRIGHT_LOG", "debug")
    settings = load(tmp_path)
    assert (settings.log, settings.keep_days, settings.home) == ("debug", 30, tmp_path)
    assert settings.database == f"sqlite:///{tmp_path / 'linewright.db'}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GRAPH_URL", "http://example.org", "plain http"),
        ("GRAPH_URL", "graph.example.org", "https"),
        ("GRAPH_VERSION", "25", "LINEWRIGHT_GRAPH_VERSION"),
        ("KEEP_DAYS", "many", "LINEWRIGHT_KEEP_DAYS"),
        ("LEASE_SECONDS", "0", "LINEWRIGHT_LEASE_SECONDS"),
        ("LOG", "loud", "LINEWRIGHT_LOG"),
        ("CLOCK_RATE", "0", "LINEWRIGHT_CLOCK_RATE"),
        ("CLOCK_RATE", "60", "rehearsals"),
    ],
)
def test_a_wrong_setting_is_named(
    name: str, value: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LINEWRIGHT_{name}", value)
    with pytest.raises(UsageError) as refused:
        load(tmp_path)
    assert said in refused.value.message
    assert refused.value.fix


def test_the_key_is_never_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWRIGHT_KEY", "a-secret-that-is-no-key")
    monkeypatch.setenv("LINEWRIGHT_LOG", "loud")
    with pytest.raises(UsageError) as refused:
        load(tmp_path)
    assert "a-secret" not in refused.value.message + refused.value.fix
    monkeypatch.delenv("LINEWRIGHT_LOG")
    assert "a-secret" not in repr(load(tmp_path))


def test_made_pins_are_none_that_anybody_would_guess() -> None:
    made = {make_pin().open_secret() for _ in range(3000)}
    assert len(made) > 2900
    for pin in made:
        assert len(pin) == 6
        assert pin.isdigit()
        assert max(pin.count(digit) for digit in pin) <= 3
        assert len(set(pin)) >= 3
        assert pin not in "01234567890123456"
        assert pin not in "98765432109876543"
