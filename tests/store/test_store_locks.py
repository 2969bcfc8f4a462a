from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.locks_contract import LocksContract

from linewright.engine.ports import PhoneLocks
from linewright.errors import StoreUnavailable
from linewright.store.locks import FileLocks

HOLD = """
import sys
from pathlib import Path
from linewright.store.locks import FileLocks
with FileLocks(Path(sys.argv[1])).hold("+15550133005") as ours:
    print(ours is not None, flush=True)
    sys.stdin.readline()
"""


class TestFileLocks(LocksContract):
    @pytest.fixture
    def locks(self, tmp_path: Path) -> Callable[[], PhoneLocks]:
        return lambda: FileLocks(tmp_path)


def test_a_file_lock_cannot_change_hands(tmp_path: Path) -> None:
    with FileLocks(tmp_path).hold("+15550133005") as ours:
        assert ours is not None
        assert (ours.token, ours.renew) == (None, None)


def test_the_phone_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with locks.hold("+1 555-013-3005"), locks.hold("+15550133005") as again:
        assert not again


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"True\n"
    locks = FileLocks(tmp_path)
    with locks.hold("+15550133005") as while_alive:
        assert not while_alive
    holder.kill()
    holder.communicate()
    with locks.hold("+15550133005") as afterwards:
        assert afterwards


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    with FileLocks(tmp_path).hold("+15550133005"):
        assert (tmp_path / "locks").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "locks" / "15550133005.lock").stat().st_mode & 0o777 == 0o600


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be taken"), FileLocks(tmp_path).hold("+15550133005"):
        pass
