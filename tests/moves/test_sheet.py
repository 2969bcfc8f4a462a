"""The file of an import as spreadsheets write it: what is read, what is turned away, and what is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewright.domain.imports import RowGoal
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.sheet import LARGEST, Sheet, read_sheet

PHONE = "+15550133010"


def sheet(*lines: str) -> Sheet:
    return read_sheet("\n".join(lines).encode())


def fault(cells: str, header: str = "phone,pin,goal,code_method,verified_name,code_language") -> tuple[str, str]:
    """The reason and the message of the one thing that is wrong with a row."""
    found = sheet(header, cells)
    assert not found.lines
    (only,) = found.faults
    return only.reason, only.message


def test_a_row_with_everything() -> None:
    found = sheet(
        "verified_name,Goal,PIN,Code Method,ACCOUNT,code-language,Phone",
        "The Shop,Verify,042317,Voice,shop,pt-br,+1 (555) 013-3010",
    )
    (line,) = found.lines
    assert (line.line, line.phone, line.has_plus, line.account) == (2, PHONE, True, "shop")
    assert (line.goal, line.code_method, line.code_language) == (RowGoal.VERIFY, "VOICE", "pt_BR")
    assert line.pin == Secret("042317")
    assert line.verified_name == "The Shop"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_encodings(sign: str, end: str, code: str) -> None:
    text = end.join([sign.join(["phone", "verified_name"]), "", sign.join([PHONE, "Café 北京"]), sign * 1, ""])
    found = read_sheet(text.encode(code))
    assert [(line.line, line.phone, line.verified_name) for line in found.lines] == [(3, PHONE, "Café 北京")]
    assert (found.rows, found.faults) == (1, [])


@pytest.mark.parametrize(
    "cell",
    [
        "'+15550133010",
        '"=""+15550133010"""',
        "\u00a0+1\u00a0555\u202f013-3010\u200e",
        "15550133010",
        "0015550133010",
        "+1.555.013.3010",
        "\ufeff+15550133010 ",
    ],
)
def test_what_spreadsheets_and_pages_do_to_a_phone(cell: str) -> None:
    (line,) = sheet("phone", cell).lines
    assert line.phone == PHONE


def test_a_row_over_several_lines_is_named_by_its_first() -> None:
    found = sheet("phone,verified_name", f'{PHONE},"The', 'Shop"', "+15550133000,x")
    assert [(line.line, line.verified_name) for line in found.lines] == [(2, "The Shop")]
    assert [(each.line, each.reason) for each in found.faults] == [(4, "verified-name")]


def test_sep_is_honoured_and_own_columns_are_left_out() -> None:
    (line,) = sheet("sep=;", "phone;#note,;pin", f"{PHONE};call, later;").lines
    assert (line.line, line.phone, line.pin) == (3, PHONE, None)


@pytest.mark.parametrize(
    ("cells", "reason", "words"),
    [
        (",246810", "phone", "missing"),
        ("5.5119E+12", "phone-ruined", "spreadsheet"),
        ("1,55E+10".replace(",", "."), "phone-ruined", "spreadsheet"),
        ("15550133010.0", "phone-ruined", "spreadsheet"),
        ("05550133010", "phone", "country code"),
        ("+1555", "phone", "possible"),
        ("call me", "phone", "other signs"),
        (f"{PHONE},12345", "pin-form", "five digits: a leading zero was probably lost"),
        (f"{PHONE},7", "pin-form", "one digit"),
        (f"{PHONE},1.23457E+05", "pin-form", "spreadsheet"),
        (f"{PHONE},1234567", "pin-form", "six digits"),
        (f"{PHONE},24681O", "pin-form", "six digits"),
        (f"{PHONE},٢٤٦٨١٠", "pin-form", "six digits"),
        (f"{PHONE},000000", "pin-weak", "repeated"),
        (f"{PHONE},123456", "pin-weak", "run"),
        (f"{PHONE},987654", "pin-weak", "run"),
        (f"{PHONE},,deregister", "goal", "'deregister'"),
        (f"{PHONE},,,pigeon", "code-method", "'pigeon'"),
        (f"{PHONE},,,,{'x' * 76}", "verified-name", "75"),
        (f"{PHONE},,,,,english", "code-language", "en_US"),
        (f"{PHONE},,,,,,extra", "row-form", "more cells"),
    ],
)
def test_bad_rows(cells: str, reason: str, words: str) -> None:
    told = fault(cells)
    assert told[0] == reason
    assert words in told[1]


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    found = sheet("phone,pin,goal", "5.5E+10,12345,sideways")
    assert [each.reason for each in found.faults] == ["phone-ruined", "pin-form", "goal"]
    assert {each.line for each in found.faults} == {2}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"phone\n", "no row"),
        (b"+15550133010\n", "no column *phone*"),
        (b"phone,pni\n+15550133010,1\n", "'pni'"),
        (b"phone,Phone\n+1,2\n", "twice"),
        (b"PK\x03\x04rest", "workbook"),
        (b"phone\n+1\xff5550133010\n", "not UTF-8"),
        (b"phone\n+1\x005550133010\n", "NUL"),
        (b'phone\n"' + b"1" * 140_000 + b'"\n', "cannot be read as CSV"),
        (b"1" * (LARGEST + 1), "bytes"),
    ],
    ids=str,
)
def test_what_is_no_table_of_numbers(content: bytes, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_sheet(content)
    assert refused.value.reason == "import-file"
    assert words in refused.value.message + refused.value.fix


@pytest.mark.parametrize("columns", [[f"c{serial}" for serial in range(200_000)], ["phone"] * 200_000])
def test_a_first_line_without_end_is_one_short_message(columns: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        read_sheet(",".join(["phone", *columns]).encode() + b"\n+15550133010\n")
    assert len(refused.value.message) < 300


PINS = st.from_regex(r"[0-9]{4,7}", fullmatch=True)


@settings(max_examples=60)
@given(pin=PINS, place=st.integers(0, 6))
def test_a_pin_in_a_wrong_column_is_not_repeated(pin: str, place: int) -> None:
    cells = [f"{pin}x" if each == place else "" for each in range(7)]
    found = sheet("phone,pin,goal,code_method,verified_name,code_language", ",".join(cells))
    assert found.faults
    for each in found.faults:
        assert pin not in each.message
        assert each.phone is None


def test_a_pin_as_the_name_of_a_column_is_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        sheet("phone,246810", f"{PHONE},1")
    assert "246810" not in refused.value.message + refused.value.fix


def test_ten_thousand_rows_are_read_whole() -> None:
    lines = [
        f"+1{200 + serial % 700}555{serial % 10_000:04d},{(serial * 7919) % 1_000_000:06d}" for serial in range(10_000)
    ]
    found = sheet("phone,pin", *lines)
    assert found.rows == 10_000
    assert len(found.lines) + len({each.line for each in found.faults}) == 10_000
