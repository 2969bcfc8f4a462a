"""A command that does not need the queue does not load it: that would cost a person a sixth of a second."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOADED = """
import json, os, sys
from linewright.cli import main
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
status = main(json.loads(sys.argv[1]))
sys.stdout.flush()
print("loaded:", status, sorted({"procrastinate", "psycopg_pool"} & set(sys.modules)))
"""


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"LINEWRIGHT_HOME": str(tmp_path / "home"), "LINEWRIGHT_DATABASE_URL": database_url}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["register", "+15550100001", "--no-wait"], 2),
        (["account", "list"], 0),
        (["explain", "133005"], 0),
        (["task", "answer", "task-none", "--done"], 2),
        (["worker", "--check"], 3),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_the_queue_is_loaded_by_its_workers_only(environment: dict[str, str], words: list[str], status: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(words)], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == f"loaded: {status} []"
