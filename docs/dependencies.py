"""What Linewright stands on: the lock, the licences, and that each library has its reason.

`python -m docs.dependencies` says what is wrong and ends with 1. It asks nobody: known weaknesses are for `make audit`.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["Locked", "allowed", "licence_of", "licences", "locked", "server_lock", "trouble"]

ROOT = Path(__file__).parent.parent
PYPROJECT, LOCK = ROOT / "pyproject.toml", ROOT / "requirements.lock"
REASONS = ROOT / "docs" / "decisions" / "0001-dependencies.md"
OURS = "linewright"

PERMISSIVE = ("MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "0BSD", "CC0-1.0")
ALLOWED = {
    **dict.fromkeys(PERMISSIVE, "permissive: keep its notice"),
    "MPL-2.0": "copyleft file by file: used unchanged, so nothing of ours is touched",
    "LGPL-3.0-only": "a library loaded at run time, unchanged, and anybody may put another version in its place",
}
GROUPS = ("trace", "docs", "dev")
"""The optional groups of `pyproject.toml`; the lock holds them all."""
ONLY = {"LGPL-3.0-only": ("psycopg", "psycopg-binary", "psycopg-pool")}
"""Allowed for these alone: PostgreSQL's driver, for which there is no other as good (decision 1)."""
WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What older metadata says, in SPDX's names."""
ELSEWHERE = {
    "backports-tarfile": ("MIT", ()),
    "colorama": ("BSD-3-Clause", ()),
    "importlib-metadata": ("Apache-2.0", ("zipp", "lazy-importer")),
    "jeepney": ("MIT", ()),
    "lazy-importer": ("Apache-2.0", ()),
    "pywin32-ctypes": ("BSD-3-Clause", ()),
    "secretstorage": ("BSD-3-Clause", ("cryptography", "jeepney")),
    "zipp": ("MIT", ()),
}
"""Needed on one system or on Python 3.11 alone, so perhaps not installed here: the licence, and what it needs."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One library of the lock."""

    name: str
    version: str
    hashes: int


def locked(text: str) -> Iterator[Locked | str]:
    """The libraries of a lock file; a line that pins nothing comes as it is."""
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        if entry.startswith("#") or not entry.strip():
            continue
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", entry)
        if found is None:
            yield entry.split("--hash")[0].strip()
        else:
            yield Locked(canonicalize_name(found[1]), found[2], entry.count("--hash=sha256:"))


def licence_of(name: str) -> str:
    """In SPDX's words, as the library's own metadata says; empty where it does not say."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        if name in ELSEWHERE:
            return ELSEWHERE[name][0]
        raise
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [line.split(" :: ")[-1] for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    text = str(told.get("License") or "")
    for words in (text, *classifiers):
        known = WORDS.get(words, words)
        if known in ALLOWED:
            return known
    return " ".join(classifiers) or text[:60]


def allowed(name: str, licence: str) -> bool:
    """Whether this library may be used under this licence: one of several by OR, all of several by AND."""

    def one(part: str) -> bool:
        return part in ALLOWED and name in ONLY.get(part, (name,))

    return any(all(one(part.strip(" ()")) for part in choice.split(" AND ")) for choice in licence.split(" OR "))


def direct(*groups: str) -> list[Requirement]:
    """What `pyproject.toml` asks for; with the optional groups that are named."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    texts = list(project["dependencies"])
    for group in groups:
        texts += project["optional-dependencies"][group]
    return [found for found in map(Requirement, texts) if found.name != OURS]


def needed(asked: Iterable[Requirement]) -> set[str]:
    """Everything that these bring with them, on any system and any Python."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(each.name), frozenset(each.extras)) for each in asked]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for requirement in _requires(name):
            marker = str(requirement.marker or "")
            wanted = re.findall(r'extra == "([^"]+)"', marker)
            if not wanted or extras & {*wanted}:
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return {name for name, _ in found}


def _requires(name: str) -> list[Requirement]:
    try:
        texts = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        texts = list(ELSEWHERE[name][1]) if name in ELSEWHERE else []
    return [Requirement(text) for text in texts]


def trouble(lock: str, reasons: str) -> list[str]:
    """What is wrong with the lock, the licences and the reasons, each in one line."""
    return [*_lock_trouble(lock), *_licence_trouble(lock), *_reason_trouble(reasons)]


def _lock_trouble(text: str) -> Iterator[str]:
    entries = list(locked(text))
    yield from (f"the lock pins no version: {entry}" for entry in entries if isinstance(entry, str))
    pins: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Locked):
            pins[entry.name].append(entry.version)  # one for each Python, where they differ
            if not entry.hashes:
                yield f"the lock has no hash of {entry.name}"
    for requirement in direct(*GROUPS):
        name = canonicalize_name(requirement.name)
        if name not in pins:
            yield f"{requirement.name} is asked for and not in the lock: run `make lock`"
        for version in pins.get(name, ()):
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"the lock has {name} {version}, pyproject.toml asks for {requirement.specifier}"
    for name in sorted(pins):
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if name not in ELSEWHERE:
                yield f"{name} is in the lock and not installed"
            continue
        if here not in pins[name]:
            yield f"{name} {here} is installed, the lock has {' or '.join(pins[name])}"


def _licence_trouble(text: str) -> Iterator[str]:
    for entry in locked(text):
        if isinstance(entry, str):
            continue
        try:
            licence = licence_of(entry.name)
        except importlib.metadata.PackageNotFoundError:
            continue  # the lock's own check has said so
        if not allowed(entry.name, licence):
            yield f"{entry.name} is under {licence or 'no licence that it names'}, which is not among those allowed"


def _reason_trouble(reasons: str) -> Iterator[str]:
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9](?:[\w.-]*\w)?", reasons)}
    words |= {re.sub(r"-\d+$", "", word) for word in words}
    for requirement in direct(*GROUPS):
        name = canonicalize_name(requirement.name)
        if name not in words and not name.startswith("opentelemetry-"):
            yield f"{name} has no reason in docs/decisions/0001-dependencies.md"


def server_lock() -> str:
    """The lock without what only developers use, and with the back-end that builds the wheel: for a container."""
    build = map(Requirement, tomllib.loads(PYPROJECT.read_text())["build-system"]["requires"])
    names = needed([*direct("trace"), *build])
    entries = [entry for entry in re.split(r"\n(?=\S)", LOCK.read_text()) if not entry.startswith("#")]
    kept = [entry.rstrip("\n") for entry in entries if canonicalize_name(re.split(r"[=; ]", entry)[0]) in names]
    return "# Drawn from requirements.lock by `make docs`.\n" + "\n".join(kept) + "\n"


def licences() -> str:
    """The page: what is installed with Linewright, and what only its developers use."""
    entries = [entry for entry in locked(LOCK.read_text()) if isinstance(entry, Locked)]
    plain, traced = needed(direct()), needed(direct("trace"))
    parts = (
        ("What Linewright itself needs", lambda name: name in plain),
        ("Brought by the extra `trace` as well", lambda name: name in traced - plain),
        ("Used by its developers alone", lambda name: name not in traced),
    )
    lines = ["# The licences of what Linewright stands on", ""]
    lines += ["Read from each library's own metadata. `make check` fails for one that is not allowed.", ""]
    lines += [
        "In the tree lie htmx (0BSD, `src/linewright/service/static/htmx.LICENSE.txt`), which the wheel carries, and"
    ]
    lines += ["axe-core (MPL-2.0, `tests/walk/axe.LICENSE.txt`), which only the tests load.", ""]
    lines += ["| allowed | because |", "|---|---|", *(f"| {name} | {why} |" for name, why in ALLOWED.items()), ""]
    lines += [f"{name} is allowed for {', '.join(for_these)} alone." for name, for_these in ONLY.items()]
    for title, belongs in parts:
        rows = [
            f"| {entry.name} | {entry.version} | {licence_of(entry.name)} |" for entry in entries if belongs(entry.name)
        ]
        lines += ["", f"## {title}", "", "| library | version | licence |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    found = trouble(LOCK.read_text(), REASONS.read_text())
    for line in found:
        print(line, file=sys.stderr)  # noqa: T201 - a command's own output
    sys.exit(1 if found else 0)
