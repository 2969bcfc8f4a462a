"""PINs out of another tool's list: what is taken, and how a row that cannot be taken is named."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewright.errors import UsageError
from linewright.pin_list import bad_rows, read
from linewright.secret import Secret
from linewright.sheet import pin_fault

LOST = "The PIN has five digits: a leading zero was probably lost. Format the column as text and type all six."


def rows(text: str) -> list[tuple[int, str, str]]:
    found = read(Secret(text))
    assert found.bad == []
    return [(row.line, row.e164, row.pin.open_secret()) for row in found.rows]


def bad(text: str) -> list[tuple[int, str]]:
    return read(Secret(text)).bad


@pytest.mark.parametrize(
    "text",
    [
        "phone,pin\n+15550100001,012345\n",
        "\ufeffPhone;PIN\r\n+1 555-010-0001;012345\r\n",
        "name\tE164\tpin\nshop\t15550100001\t012345",
        '"phone","pin"\n"+1 (555) 010-0001","012345"\n',
        "pin,number\n012345,+15550100001\n\n",
        '{"phone": "+15550100001", "pin": "012345"}\n\n',
        '{"e164": 15550100001, "pin": "012345"}',
        'phone,pin\n="+15550100001",="012345"\n',
    ],
)
def test_lists_in_every_usual_shape(text: str) -> None:
    assert [row[1:] for row in rows(text)] == [("+15550100001", "012345")]


def test_a_list_without_a_header_has_phone_and_pin_in_that_order() -> None:
    assert rows("+15550100001,012345\n+15550100002,998877") == [
        (1, "+15550100001", "012345"),
        (2, "+15550100002", "998877"),
    ]


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("12345", LOST),
        ("", "The PIN is missing."),
        ("1234", "The PIN has four digits: leading zeros were probably lost."),
        ("1234567", "A PIN is six digits, 0 to 9, and nothing else."),
        ("12a456", "A PIN is six digits, 0 to 9, and nothing else."),
        ("１２３４５６", "A PIN is six digits, 0 to 9, and nothing else."),
        ("12345.0", "The spreadsheet made a figure of the PIN"),
        ("1.2E+05", "The spreadsheet made a figure of the PIN"),
    ],
)
def test_a_pin_that_is_none_is_named_by_its_line_and_never_filled_up(pin: str, why: str) -> None:
    ((line, told),) = bad(f"phone,pin\n+15550100001,012345\n+15550100002,{pin}\n")
    assert (line, told.startswith(why)) == (3, True)
    assert pin not in told or not pin


def test_a_number_in_json_may_have_lost_its_zero_as_well() -> None:
    assert bad('{"phone": "+15550100001", "pin": 12345}') == [(1, LOST)]
    assert rows('{"phone": "+15550100001", "pin": 912345}') == [(1, "+15550100001", "912345")]


@pytest.mark.parametrize("phone", ["", "1.5555E+10", "12345", "+1555010000100000", "012345"])
def test_a_phone_that_is_none(phone: str) -> None:
    ((line, why),) = bad(f"phone,pin\n{phone},012345\n")
    assert (line, "phone" in why or "country code" in why) == (2, True)


def test_a_phone_that_stands_there_twice_and_lines_that_are_none() -> None:
    text = "phone,pin\n+15550100001,012345\n1 555 010 0001,998877\n"
    assert bad(text) == [(3, "Its phone stands in line 2 already.")]
    assert bad('{"phone": "+15550100001", "pin": "012345"}\nnothing\n[1]') == [
        (2, "It is no JSON object."),
        (3, "It is no JSON object."),
    ]


@pytest.mark.parametrize(
    "text", ["", " \n", "name,place\na,b", "pin\n012345", "phone\n+15550100001", "phone,pin\n", "x"]
)
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(Secret(text))
    assert refused.value.reason == "pin-list"


def test_twenty_bad_rows_are_named_and_the_rest_is_counted() -> None:
    told = bad_rows((line, LOST) for line in range(2, 100))
    assert told.message.startswith("98 rows cannot be taken: line 2: The PIN has five digits")
    assert told.message.endswith("type all six; and 78 more.")
    assert "line 21:" in told.message
    assert "line 22:" not in told.message


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_handed_in_is_read_or_refused_and_never_told(text: str) -> None:
    with suppress(UsageError):
        assert all(pin_fault(row.pin.open_secret()) is None for row in read(Secret(text)).rows)
