"""A command that does not need the queue does not load it: that would cost a person a sixth of a second."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOADED = """
import json, os, sys
from linewright.cli import main
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
for words in json.loads(sys.argv[1]):
    status = main(words)
    sys.stdout.flush()
    print("loaded:", status, sorted({"procrastinate", "psycopg_pool"} & set(sys.modules)))
"""
COMMANDS = {
    "register +15550100001 --no-wait": 2,
    "account list": 0,
    "explain 133005": 0,
    "task answer task-none --done": 2,
    "worker --check": 3,
}


def test_the_queue_is_loaded_by_its_workers_only(database_url: str, tmp_path: Path) -> None:
    environment = {"LINEWRIGHT_HOME": str(tmp_path / "home"), "LINEWRIGHT_DATABASE_URL": database_url}
    given = json.dumps([words.split() for words in COMMANDS])
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, given], env=environment, capture_output=True, text=True, check=True
    )
    said = [line for line in ran.stdout.splitlines() if line.startswith("loaded:")]
    assert said == [f"loaded: {status} []" for status in COMMANDS.values()]
