"""The loader takes a clear table and refuses every unclear one with the file and the key in its words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linewright.catalogue.loader import CatalogueError, load, read
from linewright.domain.journal import CallKind

ROW = """
[[entry]]
key = "1"
code = 1
name = "A name"
summary = "A summary."
meaning = "A meaning."
steps = ["A step."]
owner = "Words for the customer."
who = "nobody"
retry = "after_wait"
costs = "Nothing."
documentation = "https://example.com/"
source = "A test"
remedy = "show"
"""


def test_a_clear_row_becomes_an_entry() -> None:
    extra = 'through = 9\nsubcode = 33\ncalls = ["register"]\ntokens = ["SMB"]\nwait_seconds = 90\nhttp_status = 400\n'
    (entry,) = read([("a.toml", ROW + extra + 'notes = ["N"]\ncorrections = ["C"]\neither_place = true\n')]).entries
    assert (entry.code, entry.through, entry.subcode, entry.either_place) == (1, 9, 33, True)
    assert (entry.calls, entry.tokens) == (frozenset({CallKind.REGISTER}), ("SMB",))
    assert (entry.wait, entry.http_status) == (timedelta(seconds=90), 400)
    assert (entry.steps, entry.notes, entry.corrections) == (("A step.",), ("N",), ("C",))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[entry]\n", "not TOML"),
        ("[[entrie]]\ncode = 1\n", "unknown key 'entrie'"),
        ("entry = 1\n", "key 'entry' must be a list"),
        ("", "key 'entry' must be a list"),
        (ROW + "colour = 'red'\n", "unknown key 'colour'"),
        (ROW.replace('name = "A name"\n', ""), "key 'name' is missing"),
        (ROW.replace('"A summary."', '" "'), "key 'summary' is empty"),
        (ROW.replace('["A step."]', "[]"), "key 'steps' is empty"),
        (ROW.replace('["A step."]', '["A step.", ""]'), "key 'steps' is empty"),
        (ROW + 'notes = [""]\n', "key 'notes' is empty"),
        (ROW.replace('"A name"', "7"), "key 'name' holds a value of the wrong kind"),
        (ROW.replace("code = 1", 'code = "1"'), "key 'code' holds a value of the wrong kind"),
        (ROW.replace("code = 1", "code = true"), "key 'code' holds a value of the wrong kind"),
        (ROW + "wait_seconds = 1.5\n", "key 'wait_seconds' holds a value of the wrong kind"),
        (ROW + "either_place = 1\n", "key 'either_place' holds a value of the wrong kind"),
        (ROW.replace('"nobody"', '"somebody"'), "key 'who' holds 'somebody'"),
        (ROW.replace('"after_wait"', '"soon"'), "key 'retry' holds 'soon'"),
        (ROW + 'calls = ["send"]\n', "key 'calls' holds 'send'"),
        (ROW.replace('"show"', '"dance"'), "key 'remedy' names 'dance'"),
        (ROW + ROW, "duplicate"),
        (ROW + ROW.replace('key = "1"', 'key = "one"'), "duplicate"),
        (ROW + ROW.replace("code = 1", "code = 2"), "duplicate"),
    ],
)
def test_an_unclear_table_is_refused(text: str, named: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        read([("a.toml", text)], {"show"})
    assert str(refused.value).startswith("a.toml")
    assert named in str(refused.value)


def test_a_duplicate_in_another_file_names_both() -> None:
    with pytest.raises(CatalogueError, match=r"^b\.toml.*the same as a\.toml"):
        read([("a.toml", ROW), ("b.toml", ROW)])


def test_remedies_are_checked_only_against_given_names() -> None:
    assert read([("a.toml", ROW.replace('"show"', '"dance"'))]).entries[0].remedy == "dance"


def test_the_package_names_a_remedy_that_is_not_known() -> None:
    with pytest.raises(CatalogueError, match="which is no known remedy"):
        load(frozenset({"show"}))
