"""Secrets come from files and stdin; what is wrong with them is said without showing them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from linewright.cli import inputs
from linewright.errors import UsageError
from linewright.secret import Secret


class Stdin(io.TextIOWrapper):
    """What a pipe hands in."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(io.BytesIO(raw))


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch):
    def given(raw: bytes) -> None:
        monkeypatch.setattr("sys.stdin", Stdin(raw))

    return given


@pytest.mark.parametrize("raw", [b"012345", b"012345\n", b"012345\r\n", b"\xef\xbb\xbf012345\n"])
def test_a_pin_file_may_end_its_line_and_keeps_leading_zeros(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "pin"
    file.write_bytes(raw)
    assert inputs.pin(file) == Secret("012345")


@pytest.mark.parametrize(
    "raw", [b"12345", b"1234567", b"12a456", b"12 456", b" 123456", "１２３４５６".encode(), b"\xff\xfe"]
)
def test_a_malformed_pin_is_turned_away_without_being_shown(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "pin"
    file.write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        inputs.pin(file)
    assert caught.value.status == 2
    shown = caught.value.message + caught.value.fix
    assert raw.decode("latin-1").strip() not in shown


def test_a_short_pin_is_told_its_length(stdin) -> None:
    stdin(b"12345\n")
    with pytest.raises(UsageError, match="6 digits; this one has 5"):
        inputs.pin(None, stdin=True)


def test_no_pin_is_no_error() -> None:
    assert inputs.pin(None) is None


def test_a_pin_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        inputs.pin(tmp_path / "pin", stdin=True)


def test_a_token_comes_from_stdin_when_no_file_is_named(stdin) -> None:
    stdin(b"  EAAtoken\n")
    assert inputs.token(None) == Secret("EAAtoken")


def test_a_dash_is_stdin(stdin) -> None:
    stdin(b"s3cret\n")
    assert inputs.app_secret(Path("-")) == Secret("s3cret")


@pytest.mark.parametrize("raw", [b"", b"\n", b"   \n"])
def test_an_empty_input_is_said(stdin, raw: bytes) -> None:
    stdin(raw)
    with pytest.raises(UsageError, match="empty"):
        inputs.token(None)


def test_a_token_with_spaces_is_turned_away(stdin) -> None:
    stdin(b"Bearer EAAtoken\n")
    with pytest.raises(UsageError) as caught:
        inputs.token(None)
    assert "EAAtoken" not in caught.value.message + caught.value.fix


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        inputs.token(tmp_path / "none")
    assert "No such file" in caught.value.message
    assert str(tmp_path / "none") in caught.value.fix


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        inputs.app_secret(tmp_path)


def test_a_huge_file_is_not_a_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"A" * 70_000)
    with pytest.raises(UsageError, match="far too long"):
        inputs.token(file)


def test_a_whole_message_is_an_answer(stdin) -> None:
    stdin(b"WhatsApp code 123-830\n")
    assert inputs.secret_text(None, "answer") == Secret("WhatsApp code 123-830")
