"""2,000 numbers under watch: what is shown is what is true, and each real change was told once, each flap never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.watch.story import CHANGED, SEED, lived


def test_each_real_change_is_told_once(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    told = asyncio.run(lived(tmp_path / "home"))
    record_property("watch", told.lines())
    assert told.seed == SEED
    assert (told.numbers, sum(told.happened.values())) == (2_000, CHANGED)
    assert told.webhooks["lost"] > 40
    assert told.posts["repeated"] > 30
    assert told.wrong == []
    assert told.told_wrong == []
    assert told.made_good > 20
    assert told.writes == 0
