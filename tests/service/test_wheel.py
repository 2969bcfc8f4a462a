"""A wheel built from the tree, unpacked where nothing of the tree can be imported, serves the page with its assets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    build = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"
    built = subprocess.run([sys.executable, "-c", build, place], cwd=ROOT, capture_output=True, text=True, check=True)
    return place / built.stdout.split()[-1]


def test_it_carries_everything_that_is_not_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as whole:
        carried = set(whole.namelist())
    source = ROOT / "src"
    needed = {
        str(path.relative_to(source))
        for folder in ("templates", "static")
        for path in (source / "linewright" / "service" / folder).rglob("*")
        if path.is_file()
    }
    assert "linewright/service/static/htmx.min.js" in needed
    assert "linewright/service/static/htmx.LICENSE.txt" in needed
    versions = source / "linewright" / "store" / "migrations" / "versions"
    needed |= {str(path.relative_to(source)) for path in versions.glob("*.py")}
    needed |= {str(path.relative_to(source)) for path in source.rglob("*.toml")}
    assert needed <= carried, sorted(needed - carried)
    assert not any(name.startswith("tests/") or "axe" in name for name in carried)


@contextmanager
def served(installed: Path, home: Path) -> Iterator[dict[str, str]]:
    """`linewright serve` from the installed wheel: `-P` and `-S`-less, with the tree's own folder nowhere in sight."""
    code = (
        "import sys; sys.path = [p for p in sys.path if not p.rstrip('/').endswith('/src')]; "
        f"sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]; "
        f"sys.path.insert(0, {str(installed)!r}); import linewright; "
        f"assert linewright.__file__.startswith({str(installed)!r}), linewright.__file__; "
        "from linewright.cli import main; sys.exit(main(['serve', '--port', '0', '--json']))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LINEWRIGHT_", "PYTHON"))}
    out = home.parent / "out"
    with out.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdout=told,
            stderr=subprocess.STDOUT,
            cwd=home.parent,
            env=environment | {"LINEWRIGHT_HOME": str(home)},
        )
    try:
        ends = time.monotonic() + PATIENCE
        while "}" not in out.read_text():
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < ends
            time.sleep(0.05)
        text = out.read_text()
        yield json.loads(text[text.index("{") : text.rindex("}") + 1])
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, out.read_text()


def test_it_serves_the_page_with_its_assets(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as whole:
        whole.extractall(installed)
    with served(installed, tmp_path / "home") as told, httpx.Client(follow_redirects=True) as browser:
        page = browser.get(told["first_admin"])
        assert page.status_code == 200
        assert "Welcome to Linewright" in page.text
        assets = [part.split('"')[0] for part in page.text.split('"/static/')[1:]]
        assert len(assets) >= 3
        for name in assets:
            assert browser.get(f"{told['url']}/static/{name}").status_code == 200, name
        assert browser.get(f"{told['url']}/errors/133005").status_code == 200
        assert browser.get(f"{told['url']}/api/v1/openapi.json").json()["info"]["title"] == "Linewright"
        assert browser.get(f"{told['url']}/readyz").status_code == 200
