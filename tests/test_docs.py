"""The documentation cannot rot: what is drawn from the code is fresh, and the README speaks the truth."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from docs.__main__ import PAGES
from docs.drawn.rest import document

from linewright.simulator.simulator import RunningSimulator

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_are_fresh(path: Path) -> None:
    assert path.read_text() == PAGES[path](), "run `make docs`"


def test_links_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_each_body_of_the_rest_page_is_shown_with_its_fields() -> None:
    sections = (ROOT / "docs" / "reference" / "rest.md").read_text().split("\n### ")
    schemas = document()["components"]["schemas"]
    shown = {name: part for part in sections for name in re.findall(r"^Body: `(\w+)`", part, re.MULTILINE)}
    assert {"NewOperation", "Answer", "NewAccount"} <= set(shown)
    for name, section in shown.items():
        for field in schemas[name].get("properties", {}):
            assert f"| `{field}`" in section, f"{name}.{field}"
        assert section.count("(needed)") == len(schemas[name].get("required", ()))


def test_the_first_program_of_the_python_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linewright.cli import main

    page = (ROOT / "docs" / "reference" / "python.md").read_text()
    program = re.findall(r"^```python\n(import.*?)^```$", page, re.DOTALL | re.MULTILINE)[0]
    monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "home"))
    with RunningSimulator() as simulator:
        simulator.remote.add_number(simulator.world.account.id, "+5511912345678")
        (tmp_path / "token.txt").write_text(simulator.world.token.text + "\n")
        monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", simulator.graph_url)
        words = ["account", "add", "shop", "--waba", simulator.world.account.id]
        assert main([*words, "--token-file", str(tmp_path / "token.txt")]) == 0
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["done The number is online.", "Two-step PIN does not match"]


def test_the_settings_page_shows_a_file_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linewright.config import load

    for name in [name for name in os.environ if name.startswith("LINEWRIGHT_")]:
        monkeypatch.delenv(name)
    page = (ROOT / "docs" / "settings.md").read_text()
    (sample,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "linewright.toml").write_text(sample)
    settings = load(tmp_path)
    assert (settings.public_url, settings.log) == ("https://numbers.example", "info")


def test_no_drawing_reaches_out() -> None:
    drawing = (ROOT / "docs" / "demo.svg").read_text()
    assert "Every" in drawing
    assert "@font-face" not in drawing
    assert "<script" not in drawing


def test_make_has_the_targets_that_the_readme_names() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "check", "bench", "fuzz"} <= targets
    assert set(re.findall(r"`make ([a-z]+)", README)) <= targets


STAYS = {"worker": "works here", "serve": "/welcome/"}
"""Commands that run until they are told to stop, and what they say when they are ready."""


def comes_and_goes(words: list[str]) -> None:
    """As a process of its own: it works until it is told to stop."""
    line = [sys.executable, "-m", "linewright.cli", *words[1:]]
    if words[1] == "serve":
        line += ["--port", "0"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(STAYS[words[1]] in said for said in process.stdout)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each `linewright` line of the README, against the simulator; the last digits make the number healthy."""
    from linewright.cli import main

    monkeypatch.setenv("LINEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with RunningSimulator() as simulator:
        world = simulator.world
        number = simulator.remote.add_number(world.account.id, "+5511912345678")
        (tmp_path / "token.txt").write_text(world.token.text + "\n")
        (tmp_path / "address.txt").write_text("json://127.0.0.1:9/\n")
        monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", simulator.graph_url)
        lines = re.findall(r"^(linewright [^\n]*?)$", README, re.MULTILINE)
        assert len(lines) >= 6
        for line in lines:
            words = [word.replace("102290129340398", world.account.id) for word in shlex.split(line)]
            if words[1:3] == ["task", "answer"]:
                continue  # no question is open here
            if words[1] == "bundle":
                continue  # its words are placeholders
            if words[1] in STAYS and len(words) == 2:
                comes_and_goes(words)
                continue
            waits = ["--wait"] if words[1] == "register" else []
            assert main([*words[1:], *waits]) == 0, line
        assert simulator.control.number(number.id)["registered"] is True
