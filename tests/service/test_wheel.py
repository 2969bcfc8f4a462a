"""The wheel and the sdist hold everything, each makes the other, and installed elsewhere they run by themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
PATIENCE = 60.0


BUILD = "import sys, hatchling.build as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"
"""What `make dist` does, without an environment of its own: nothing is fetched."""


def built(kind: str, tree: Path, place: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, place], cwd=tree, capture_output=True, text=True, check=True
    )
    return place / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the sdist, somewhere else."""
    place = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built("sdist", ROOT, place)) as whole:
        whole.extractall(place / "tree", filter="data")
    (tree,) = (place / "tree").iterdir()
    return tree


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def ours(folder: Path) -> set[Path]:
    """Every file of the folder that is kept in the repository, or will be: nothing that Python left there."""
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_it_carries_every_file_of_the_package_as_it_is(wheel: Path) -> None:
    carried = contents(wheel)
    source = ROOT / "src"
    package = ours(source / "linewright")
    for path in package:
        assert carried.get(str(path.relative_to(source))) == path.read_bytes(), path
    kinds = {path.suffix for path in package}
    assert {".py", ".toml", ".html", ".css", ".js", ".typed", ".txt"} <= kinds
    about = next(name for name in carried if name.endswith("/METADATA")).rsplit("/", 1)[0]
    extra = {name for name in carried if not name.startswith("linewright/")}
    assert extra == {
        *(f"{about}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")),
        f"{about}/licenses/src/linewright/service/static/htmx.LICENSE.txt",
    }


def test_the_sdist_builds_the_same_wheel(wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    assert contents(built("wheel", unpacked, tmp_path)) == contents(wheel)


def test_the_sdist_has_what_one_needs_to_go_on(unpacked: Path) -> None:
    for folder in ("src", "tests", "docs", "bench", "deploy"):
        missing = {path.relative_to(ROOT) for path in ours(ROOT / folder)} - {
            path.relative_to(unpacked) for path in ours(unpacked / folder)
        }
        assert missing == set()
    for name in ("Makefile", "LICENSE", "CHANGELOG.md", "SECURITY.md", "requirements.lock", "vendor.sha256"):
        assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel in it. The libraries are those of this one, but not its
    own Linewright: the file that leads to the tree is read where it lies, and not by another environment."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / "bin" / "python"
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile", wheel]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True, env=bare_environment())
    (site,) = place.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return place / "bin"


def bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("LINEWRIGHT_", "PYTHON"))}


@pytest.mark.parametrize(("words", "said"), [
    (("--version",), f"linewright {VERSION}"),
    (("explain", "133016"), "133016"),
    (("demo", "--json"), '"right": true'),
])  # fmt: skip
def test_installed_anywhere_it_runs_by_itself(clean: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    environment = bare_environment() | {"LINEWRIGHT_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [clean / "linewright", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert said in ran.stdout
    assert "Traceback" not in ran.stderr
    where = [clean / "python", "-P", "-c", "import linewright; print(linewright.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(clean.parent))


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
