"""Whatever happens after a release, nothing of Linewright's own registers the number again (Hypothesis)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from tests.support.stories import Stage
from tests.support.story import Story

from linewright.alerts import Alerts
from linewright.recovery import Recovery
from linewright.store import tables as t

HAPPENS = st.sampled_from(["send refused", "checked", "pin changed", "flapped", "name approved", "a day", "a month"])


def happens(stage: Stage, number: str, what: str) -> None:
    truth = stage.door.number(number)
    match what:
        case "send refused":
            heard = {"e164": truth["e164"], "code": 133010, "at": stage.clock.now(), "source": "webhook"}
            with stage.lw.office.store.database.writing() as connection:
                connection.execute(insert(t.evidence).values(heard))
        case "checked":
            stage.do(stage.lw.check())
        case "pin changed":
            stage.door.manage(number, pin="771904")
        case "flapped":
            stage.door.change_number(number, registered=True)
            stage.do(stage.lw.check())
            stage.door.change_number(number, registered=False)
            stage.do(stage.lw.check())
        case "name approved":
            stage.door.change_number(number, name_status="APPROVED")
        case "a day":
            stage.wait(days=1)
        case "a month":
            stage.wait(days=31)


@settings(max_examples=8, deadline=None)
@given(st.lists(HAPPENS, min_size=1, max_size=6), st.booleans())
def test_a_released_number_is_never_registered_again_by_itself(
    home_to_copy: Path, story: list[str], was_online: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder) / "home", like=home_to_copy) as stage:
        number = stage.online() if was_online else stage.number()
        stage.update_account(recover=True)
        confirm = stage.door.number(number)["e164"][-4:]
        released = Story(stage, stage.do(stage.lw.release(number, confirm=confirm))).drive().answer(approve=True)
        assert released.state == "done"
        for what in story:
            happens(stage, number, what)
            stage.do(Recovery(stage.lw.office).run_due())
            stage.do(Alerts(stage.lw.office).run_due())
            stage.do(stage.run_for(minutes=30))
        assert released.count("register") == 0, released
        assert stage.show(number)["wanted"] == "released"
