"""The weathers that Hypothesis draws: how unkind the remote, the machine and the people are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.support.lives import Life, live
from tests.support.remote_script import Weather

from linewright.domain.entries import Catalogue
from linewright.domain.operation import Goal

__all__ = ["explore", "weathers"]

GOALS = (Goal.REGISTER, Goal.REGISTER, Goal.VERIFY, Goal.VERIFY, Goal.DEREGISTER, Goal.SET_PIN)
HARD = (0, 1, 2, 3, 4, 5, 7, 8, 8, 8)
"""Half of the codes drawn are among these, those of a registration in the order of the catalogue; most often 133016."""
OURS = ("offline", "online", "half", "unverified", "unverified", "lapsed", "name-in-review", "just-deleted")
NOT_OURS = ("coexistence", "on_premise", "banned", "deleted", "migrated", "restricted", "test")


def share(*levels: float) -> st.SearchStrategy[float]:
    return st.sampled_from((0.0, 0.0, *levels))


def weathers(entries: int) -> st.SearchStrategy[Weather]:
    """All kinds of weather; `entries` is the length of the catalogue."""
    return st.builds(
        Weather,
        seed=st.integers(0, 2**32),
        goals=st.lists(st.sampled_from(GOALS), min_size=1, max_size=3).map(tuple),
        start=st.sampled_from(OURS * 3 + NOT_OURS),
        two_step=st.booleans(),
        given=st.sampled_from(("none", "right", "wrong")),
        pin_reset=st.sampled_from(("ask", "auto")),
        method=st.sampled_from(("SMS", "VOICE")),
        subscribe=st.booleans(),
        ask_first=st.booleans(),
        use_reserve=st.booleans(),
        evidence=st.booleans(),
        storage=st.booleans(),
        seen=st.booleans(),
        errors=share(0.2, 0.6, 0.9),
        codes=st.lists(st.sampled_from(HARD) | st.integers(0, entries - 1), max_size=3).map(tuple),
        sticky=share(0.5, 0.9),
        lost=share(0.2, 0.5),
        unread=share(0.1, 0.4),
        lies=share(0.1, 0.4),
        told=share(0.5, 1.0),
        missing=st.booleans(),
        jumps=share(0.1, 0.3),
        set_back=st.booleans(),
        crashes=share(0.2, 0.5),
        rivals=share(0.2),
        slow=st.booleans(),
        settles=st.sampled_from((0, 0, 60, 7_200)),
        answers=st.sampled_from((0.0, 0.5, 0.9)),
        unkind_people=st.booleans(),
        meddling=share(0.1, 0.3),
        compare_clocks=st.booleans(),
    )


def explore(
    catalogue: Catalogue,
    *,
    examples: int,
    seeded: int,
    lived: Callable[[Life], None] = lambda life: None,
    born: Callable[[Life], None] = lambda life: None,
    shrink: bool = True,
    kind: Callable[[Weather, Catalogue], Life] = Life,
    goals: tuple[Goal, ...] | None = None,
) -> None:
    """Plays `examples` lives, one operation or more in each. Raises `Breach` with the smallest weather found."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @seed(seeded)
    @given(weathers(len(catalogue.entries)))
    def promises_hold(weather: Weather) -> None:
        played = weather if goals is None else replace(weather, goals=goals, start="unverified", seen=False)
        lived(live(played, catalogue, born, kind))

    promises_hold()
