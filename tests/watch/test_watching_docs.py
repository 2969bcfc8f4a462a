"""docs/watching.md speaks the truth: its commands run, its metrics, dashboard and rules ask for what there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.service.api_client import stage_in
from tests.service.page_client import played

from linewright.cli import main
from linewright.metrics import exposition, registry
from linewright.simulator.simulator import RunningSimulator

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "watching.md").read_text()
DASHBOARD = json.loads((DOCS / "grafana" / "linewright.json").read_text())
RULES = yaml.safe_load((DOCS / "prometheus" / "alerts.yml").read_text())
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
STAYS = {"linewright worker": "works here", "linewright worker --metrics-port 0": "Metrics are at http://127.0.0.1:"}
"""What goes on until it is told to stop, and what it says."""
PUBLIC = "https://linewright.example"


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    yield from (rule["expr"] for group in RULES["groups"] for rule in group["rules"])


def family(name: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", name)


def known(text: bytes) -> tuple[set[str], dict[str, set[str]]]:
    """The names of all samples that there may be, and the labels of those that are there."""
    names: set[str] = set()
    labels: dict[str, set[str]] = {}
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    for each in text_string_to_metric_families(text.decode()):
        names |= {each.name + suffix for suffix in suffixes.get(each.type, ("",))}
        for sample in each.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return names, labels


@played
async def test_dashboard_and_rules_ask_for_what_there_is(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        await stage.until_it_rests((await stage.register("+15550133010")).json())
        await stage.api.post(f"/operations/{(await stage.register('+15550133015')).json()['id']}/push")
        names, labels = known(exposition(registry(stage.lw.office)))
    asked = set()
    for expression in expressions():
        mine = set(re.findall(r"linewright_\w+", expression))
        asked |= mine
        assert mine <= names, expression
        given = {*re.findall(r"(\w+)=\"", expression)}
        for some in re.findall(r"by \(([^)]*)\)", expression):
            given |= {each.strip() for each in some.split(",")}
        there = set().union(*(labels.get(name, given) for name in mine)) if mine else given
        assert given <= there, expression
    assert {family(name) for name in names} <= {family(name) for name in asked}, "nobody looks at it"
    told = set(re.findall(r"`(linewright_\w+)`", PAGE))
    assert told == {family(name) for name in names}


def test_the_dashboard_is_whole() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert DASHBOARD["schemaVersion"] >= 39
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["title"]
        assert panel["type"] == "row" or panel["description"]
        assert "uid" not in panel.get("datasource", {}) or panel["datasource"]["uid"] == "${datasource}"
    spots = [
        (place["x"] + x, place["y"] + y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["w"])
        for y in range(place["h"])
    ]
    assert len(spots) == len(set(spots))


def test_each_rule_says_what_to_do() -> None:
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]


@pytest.fixture
def collector() -> Iterator[str]:
    """Takes every post: a channel, a program, a collector of traces."""

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    serving = Thread(target=server.serve_forever)
    serving.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    serving.join()


@contextmanager
def home(folder: Path, monkeypatch: pytest.MonkeyPatch, collector: str) -> Iterator[None]:
    """An account `shop` at the simulator, and the files that the page names."""
    monkeypatch.setenv("LINEWRIGHT_HOME", str(folder / "home"))
    monkeypatch.setenv("LINEWRIGHT_PUBLIC_URL", PUBLIC)
    monkeypatch.chdir(folder)
    with RunningSimulator() as simulator:
        world = simulator.world
        monkeypatch.setenv("LINEWRIGHT_GRAPH_URL", simulator.graph_url)
        for name, text in (
            ("token.txt", world.token.text),
            ("channel.txt", f"json://{collector}"),
            ("hook.txt", f"http://{collector}/hook"),
            ("app-secret.txt", "0123456789abcdef0123456789abcdef"),
        ):
            (folder / name).write_text(text + "\n")
        assert main(["account", "add", "shop", "--waba", world.account.id, "--token-file", "token.txt"]) == 0
        yield


def comes_and_goes(line: str, environment: dict[str, str]) -> None:
    words = shlex.split(line)[1:]
    with subprocess.Popen(
        [sys.executable, "-m", "linewright.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | environment,
    ) as process:
        assert process.stdout is not None
        assert any(STAYS[line] in said for said in process.stdout), line
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, line


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, collector: str) -> None:
    with home(tmp_path, monkeypatch, collector):
        ran = 0
        for line in LINES:
            before, command = re.fullmatch(r"((?:[A-Z_]+=\S+ )*)(.*)", line).groups()  # type: ignore[union-attr] # each fits
            if command.startswith("curl"):
                continue
            environment = dict(each.split("=", 1) for each in before.split())
            if "OTEL_EXPORTER_OTLP_ENDPOINT" in environment:
                environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{collector}"
            command = command.replace("9464", "0")
            if command in STAYS:
                comes_and_goes(command, environment)
            else:
                nobody_works = 3 if command.endswith("--check") else 0
                assert main(shlex.split(command)[1:]) == nobody_works, line
            ran += 1
        assert ran >= 12


@played
async def test_what_curl_asks_for_is_there(tmp_path: Path) -> None:
    lines = [line for line in LINES if line.startswith("curl")]
    assert len(lines) == 3
    async with stage_in(tmp_path)() as stage:
        for line in lines:
            path = re.search(r"http://127\.0\.0\.1:8080(\S+)", line)
            assert path is not None
            async with stage.client(*(["read"] if "Bearer" in line else [])) as program:
                assert (await program.get(f"http://service.test{path[1]}")).status_code == 200
