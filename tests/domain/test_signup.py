"""What a page says of a signup is read without trust: whatever it is, it is judged and never raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewright.domain.signup import Signup, SignupEvent, moment_of, signup_of

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda x: st.lists(x, max_size=2))
KEYS = st.sampled_from(["waba_id", "phone_number_id", "current_step", "error_message", "error_id", "other"])
EVENTS = st.fixed_dictionaries(
    {}, optional={"event": JSON | st.sampled_from([*SignupEvent]), "data": JSON | st.dictionaries(KEYS, JSON)}
)


@settings(max_examples=60)
@given(EVENTS | st.text(max_size=12))
def test_any_event_is_read(told: Any) -> None:
    found = signup_of(told)
    assert found is not None
    assert all(isinstance(each, str | None) for each in (found.waba, found.number, found.step, found.trouble))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (None, None),
        ("FINISH_ONLY_WABA", Signup(event=SignupEvent.ONLY_ACCOUNT)),
        ("FINISH_OBO_MIGRATION", Signup()),
        (
            {"event": "FINISH", "data": {"waba_id": 17, "phone_number_id": "300"}},
            Signup(event=SignupEvent.FINISH, waba="17", number="300"),
        ),
        ({"event": "CANCEL", "data": {"current_step": "X"}}, Signup(event=SignupEvent.CANCEL, step="X")),
        ({"event": "CANCEL", "data": {"error_id": "5"}}, Signup(event=SignupEvent.CANCEL, trouble="5")),
        ({"event": "FINISH", "data": None}, Signup(event=SignupEvent.FINISH)),
        ({"data": {"waba_id": True}}, Signup()),
    ],
)
def test_the_events_that_are_known(told: Any, found: Signup | None) -> None:
    assert signup_of(told) == found


def test_the_time_of_a_signup() -> None:
    moment = moment_of("2025-02-04T17:40:07+0000")
    assert moment is not None
    assert moment.isoformat() == "2025-02-04T17:40:07+00:00"
    assert [moment_of(text) for text in (None, "", "soon", "2025-02-04T17:40:07")] == [None] * 4
