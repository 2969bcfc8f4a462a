"""The simulator is a witness: it knows nothing of Linewright, and loads nothing until it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import linewright.simulator

FOLDER = Path(linewright.simulator.__file__).parent
ALLOWED = ("linewright.simulator", "linewright.secret")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found.add(node.module or "")
    return found


def test_it_imports_nothing_of_linewright_but_the_secret() -> None:
    files = sorted(FOLDER.glob("*.py"))
    assert len(files) > 15
    ours = {(path.name, name) for path in files for name in imports(path) if name.split(".")[0] == "linewright"}
    assert {(file, name) for file, name in ours if not name.startswith(ALLOWED)} == set()


def test_only_its_own_clock_asks_nothing_of_the_machine() -> None:
    for path in FOLDER.glob("*.py"):
        text = path.read_text()
        for call in ("datetime.now(", "utcnow(", "time.time(", "monotonic("):
            assert call not in text, f"{path.name} asks the machine for the time"


def test_the_plugin_loads_no_server_until_it_is_used() -> None:
    heavy = {"httpx", "starlette", "uvicorn", "phonenumbers"}
    code = "import sys, linewright.simulator.fixture; print(*{n.split('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
