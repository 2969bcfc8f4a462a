from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from linewright.errors import KeyMismatch, StoreUnavailable, UsageError
from linewright.secret import Secret
from linewright.vault import KEY_FILE, Vault, key_of, new_key, open_vault, rotate_file, save_key

SECRET = Secret("246810")


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.fixture
def key() -> bytes:
    return new_key()


# Sealing


def test_what_is_sealed_opens_again(key: bytes) -> None:
    vault = Vault(key)
    sealed = vault.seal(SECRET, "pin:1")
    assert Vault(key).open(sealed, "pin:1") == SECRET
    assert b"246810" not in sealed
    assert vault.seal(SECRET, "pin:1") != sealed


def test_another_key_is_named(key: bytes) -> None:
    sealed = Vault(key).seal(SECRET, "pin:1")
    stranger = Vault(new_key())
    with pytest.raises(KeyMismatch) as refused:
        stranger.open(sealed, "pin:1")
    assert refused.value.reason == "key-mismatch"
    assert Vault(key).key_id in refused.value.message
    assert stranger.key_id in refused.value.message


@pytest.mark.parametrize("place", [-1, 9, 15, 21])
def test_a_changed_value_does_not_open(key: bytes, place: int) -> None:
    sealed = bytearray(Vault(key).seal(SECRET, "pin:1"))
    sealed[place] ^= 1
    with pytest.raises(KeyMismatch) as refused:
        Vault(key).open(bytes(sealed), "pin:1")
    assert refused.value.reason == "sealed-damaged"


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(40), b"\x01" + bytes(8)])
def test_what_was_never_sealed_does_not_open(key: bytes, sealed: bytes) -> None:
    with pytest.raises(KeyMismatch):
        Vault(key).open(sealed, "pin:1")


def test_a_cut_value_does_not_open(key: bytes) -> None:
    sealed = Vault(key).seal(SECRET, "pin:1")
    for length in range(len(sealed)):
        with pytest.raises(KeyMismatch):
            Vault(key).open(sealed[:length], "pin:1")


def test_a_moved_value_does_not_open(key: bytes) -> None:
    sealed = Vault(key).seal(SECRET, "pin:1")
    with pytest.raises(KeyMismatch, match="moved to another row"):
        Vault(key).open(sealed, "pin:2")


def test_a_vault_in_rotation_opens_both_and_seals_with_the_first(key: bytes) -> None:
    new = new_key()
    both = Vault(new, key)
    assert both.open(Vault(key).seal(SECRET, "a"), "a") == SECRET
    assert Vault(new).open(both.seal(SECRET, "a"), "a") == SECRET
    assert both.key_ids == {Vault(new).key_id, Vault(key).key_id}


@pytest.mark.parametrize(
    ("digits", "good"),
    [("012345", True), ("12345", False), ("1234567", False), ("12a456", False), ("١٢٣٤٥٦", False), ("", False)],
)
def test_a_pin_is_six_ascii_digits(key: bytes, digits: str, good: bool) -> None:
    found = Vault(key).pin_in(Secret(f"{digits}\n"))
    assert found == (Secret(digits) if good else None)


def test_a_fingerprint_names_a_pin_of_a_phone(key: bytes) -> None:
    vault, own = Vault(key), Secret(new_key().hex())
    name = vault.fingerprint(own, "+1555", SECRET)
    assert len(name) == 32
    assert Vault(new_key()).fingerprint(own, "+1555", SECRET) == name
    assert vault.fingerprint(own, "+1556", SECRET) != name
    assert vault.fingerprint(own, "+1555", Secret("246811")) != name
    assert vault.fingerprint(Secret(new_key().hex()), "+1555", SECRET) != name


# Keys


@pytest.mark.parametrize(
    "write",
    [
        bytes.hex,
        lambda k: k.hex().upper(),
        lambda k: base64.b64encode(k).decode(),
        lambda k: base64.urlsafe_b64encode(k).decode().rstrip("="),
        lambda k: k.hex() + "\n",
    ],
)
def test_a_key_is_read_from_base64_or_hex(write: object) -> None:
    assert callable(write)
    for _ in range(20):
        key = new_key()
        assert key_of(Secret(write(key))) == key


@pytest.mark.parametrize("text", ["", "short", "ab" * 31, "zz" * 32, base64.b64encode(bytes(31)).decode(), "é" * 44])
def test_a_key_of_another_shape_is_told_without_its_value(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        key_of(Secret(text))
    assert not text or text not in str(refused.value) + refused.value.fix


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    vault = open_vault(None, home, may_create=yes)
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert open_vault(None, home, may_create=no).key_id == vault.key_id
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_a_lost_key_file_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(KeyMismatch) as refused:
        open_vault(None, tmp_path, may_create=no)
    assert (refused.value.reason, refused.value.status) == ("key-missing", 6)
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_never_overwritten(tmp_path: Path, key: bytes) -> None:
    save_key(tmp_path / KEY_FILE, key)
    with pytest.raises(FileExistsError):
        save_key(tmp_path / KEY_FILE, new_key())
    assert open_vault(None, tmp_path, may_create=yes).key_id == Vault(key).key_id
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, key: bytes, mode: int) -> None:
    save_key(tmp_path / KEY_FILE, key)
    os.chmod(tmp_path / KEY_FILE, mode)
    with pytest.raises(UsageError, match="can be read by others") as refused:
        open_vault(None, tmp_path, may_create=yes)
    assert "chmod 600" in refused.value.fix


def test_a_damaged_key_file_is_told(tmp_path: Path, key: bytes) -> None:
    save_key(tmp_path / KEY_FILE, key)
    (tmp_path / KEY_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(StoreUnavailable):
        open_vault(None, tmp_path, may_create=yes)


def test_the_setting_goes_before_the_file(tmp_path: Path, key: bytes) -> None:
    vault = open_vault(Secret(key.hex()), tmp_path, may_create=no)
    assert vault.key_id == Vault(key).key_id
    assert list(tmp_path.iterdir()) == []


def test_a_rotated_file_holds_the_new_key(tmp_path: Path, key: bytes) -> None:
    save_key(tmp_path / KEY_FILE, key)
    seen: list[tuple[str, str]] = []

    def reseal(old: Vault, new: Vault) -> int:
        seen.append((old.key_id, new.key_id))
        return 3

    assert rotate_file(tmp_path, reseal) == 3
    ((old, new),) = seen
    assert old == Vault(key).key_id != new
    assert open_vault(None, tmp_path, may_create=no).key_id == new
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


class MemoryKeyring(KeyringBackend):
    """A keyring of its own, as a desktop would offer."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def desktop() -> object:
    before = keyring.get_keyring()
    mine = MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_the_keyring_keeps_a_key(tmp_path: Path, desktop: MemoryKeyring) -> None:
    with pytest.raises(KeyMismatch):
        open_vault(Secret("keyring:"), tmp_path, may_create=no)
    vault = open_vault(Secret("keyring:"), tmp_path, may_create=yes)
    assert open_vault(Secret("keyring:"), tmp_path, may_create=no).key_id == vault.key_id
    assert open_vault(Secret("keyring:other"), tmp_path, may_create=yes).key_id != vault.key_id
    assert set(desktop.kept) == {("linewright", "vault"), ("linewright", "other")}
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_a_keyring_is_told(tmp_path: Path, desktop: MemoryKeyring) -> None:
    keyring.set_keyring(NoKeyring())
    with pytest.raises(UsageError, match="keyring cannot be used"):
        open_vault(Secret("keyring:"), tmp_path, may_create=yes)
