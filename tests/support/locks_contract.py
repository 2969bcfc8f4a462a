"""The contract of `engine.ports.PhoneLocks`, as a test class that the test of every implementation inherits.

A subclass gives a fixture `locks`: makes the locks of one process after the other, all on the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from linewright.engine.ports import PhoneLocks

__all__ = ["LocksContract"]

PHONE, OTHER = "+15550133005", "+15550133006"
RACERS = 8


class LocksContract:
    """Every promise of the port."""

    def test_one_holder_for_each_phone(self, locks: Callable[[], PhoneLocks]) -> None:
        one, two = locks(), locks()
        with one.hold(PHONE, "acme") as ours, two.hold(PHONE, "acme") as theirs:
            assert ours is not None
            assert (ours.e164, ours.quiet_seconds) == (PHONE, 0)
            assert theirs is None
            with two.hold(OTHER, "acme") as another:
                assert another is not None

    def test_one_turn_at_a_time_within_a_process_too(self, locks: Callable[[], PhoneLocks]) -> None:
        same = locks()
        with same.hold(PHONE, "acme") as ours, same.hold(PHONE, "acme") as again:
            assert ours is not None
            assert again is None

    def test_the_phone_counts_not_the_account(self, locks: Callable[[], PhoneLocks]) -> None:
        with locks().hold(PHONE, "acme") as ours, locks().hold(PHONE, "zenith") as theirs:
            assert ours is not None
            assert theirs is None

    def test_whoever_leaves_lets_go(self, locks: Callable[[], PhoneLocks]) -> None:
        one, two = locks(), locks()
        for _ in range(3):
            for process in (one, two):
                with process.hold(PHONE, "acme") as ours:
                    assert ours is not None

    def test_whoever_was_turned_away_takes_nothing_with_it(self, locks: Callable[[], PhoneLocks]) -> None:
        one, two = locks(), locks()
        with one.hold(PHONE, "acme"):
            with two.hold(PHONE, "acme"):
                pass
            with two.hold(PHONE, "acme") as still:
                assert still is None

    def test_a_failure_inside_lets_go(self, locks: Callable[[], PhoneLocks]) -> None:
        one, two = locks(), locks()
        with pytest.raises(ZeroDivisionError), one.hold(PHONE, "acme"):
            raise ZeroDivisionError
        with two.hold(PHONE, "acme") as ours:
            assert ours is not None

    def test_a_lease_can_be_renewed_while_it_is_held(self, locks: Callable[[], PhoneLocks]) -> None:
        one, two = locks(), locks()
        with one.hold(PHONE, "acme") as ours:
            assert ours is not None
            if ours.renew is not None:
                assert ours.renew_seconds > 0
                ours.renew()
            with two.hold(PHONE, "acme") as theirs:
                assert theirs is None

    def test_of_many_who_ask_at_once_one_has_it(self, locks: Callable[[], PhoneLocks]) -> None:
        processes = [locks() for _ in range(RACERS)]
        asking, asked = Barrier(RACERS), Barrier(RACERS)

        def ask(process: PhoneLocks) -> bool:
            asking.wait()
            with process.hold(PHONE, "acme") as lease:
                asked.wait()
                return lease is not None

        with ThreadPoolExecutor(RACERS) as pool:
            for _ in range(5):
                assert sorted(pool.map(ask, processes)) == [False] * (RACERS - 1) + [True]
