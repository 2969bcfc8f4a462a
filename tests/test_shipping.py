"""What is shipped hangs together: the lock, the licences, the versions, and the files for a server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from docs import dependencies
from docs.dependencies import allowed, locked, needed, trouble
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCK = dependencies.LOCK.read_text()
REASONS = dependencies.REASONS.read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def first_pin() -> str:
    return next(entry.name for entry in locked(LOCK) if not isinstance(entry, str))


def test_nothing_is_wrong_with_what_we_stand_on() -> None:
    assert trouble(LOCK, REASONS) == []
    assert len(list(locked(LOCK))) > 80


@pytest.mark.parametrize(("old", "new", "said"), [
    (r"^httpx==.*(\n    --hash.*)+", "", "httpx is asked for and not in the lock"),
    (r"^httpx==\S+", "httpx==0.1", "the lock has httpx 0.1, pyproject.toml asks for >=0.28"),
    (r"^httpx==\S+", "httpx==0.1", "is installed, the lock has 0.1"),
    (r"^httpx==\S+", "httpx>=0.28", "the lock pins no version: httpx>=0.28"),
    (r"^(httpx==\S+ )\\(\n    --hash.*)+", r"\1", "the lock has no hash of httpx"),
    (r"^httpx==", "not-installed-here==1 \\\n    --hash=sha256:0\nhttpx==", "not-installed-here is in the lock"),
])  # fmt: skip
def test_a_lock_that_is_not_whole_is_told(old: str, new: str, said: str) -> None:
    broken, count = re.subn(old, new, LOCK, count=1, flags=re.MULTILINE)
    assert count == 1
    assert any(said in line for line in trouble(broken, REASONS)), trouble(broken, REASONS)


def test_a_library_without_a_reason_is_told() -> None:
    assert trouble(LOCK, REASONS.replace("argon2-cffi", "")) == [
        "argon2-cffi has no reason in docs/decisions/0001-dependencies.md"
    ]


@pytest.mark.parametrize(("name", "licence", "may"), [
    ("any", "MIT", True), ("any", "GPL-3.0-only", False), ("any", "", False), ("any", "Proprietary", False),
    ("any", "Apache-2.0 OR GPL-3.0-only", True), ("any", "MIT AND GPL-3.0-only", False),
    ("any", "MIT AND PSF-2.0", True),
    ("any", "LGPL-3.0-only", False), ("psycopg", "LGPL-3.0-only", True),
])  # fmt: skip
def test_which_licences_may_be_used(name: str, licence: str, may: bool) -> None:
    assert allowed(name, licence) is may


def test_a_licence_that_is_not_allowed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "ONLY", {"LGPL-3.0-only": ()})
    found = trouble(LOCK, REASONS)
    assert [line.split(" is under ")[0] for line in found] == ["psycopg", "psycopg-binary", "psycopg-pool"]


def test_what_comes_along_is_found_through_extras() -> None:
    assert "psycopg-binary" in needed([Requirement("psycopg[binary]")])
    assert "psycopg-binary" not in needed([Requirement("psycopg")])


# Versions


def test_the_changelog_has_this_version_or_what_comes_with_it() -> None:
    """The newest heading is *Unreleased* or this version; released ones go down, each with its day."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    ours = Version(PROJECT["version"])
    released = [heading.split(" - ") for heading in headings if heading != "Unreleased"]
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) for _, day in released)
    versions = [Version(version) for version, _ in released]
    assert versions == sorted(versions, reverse=True)
    assert all(version <= ours for version in versions)
    assert headings[0] == "Unreleased" or versions[0] == ours
    assert ours in versions or "Unreleased" in headings


def test_the_pythons_that_are_named_are_those_that_are_tested() -> None:
    named = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    makefile = (ROOT / "Makefile").read_text()
    assert named == ["3.11", "3.12", "3.13"]
    assert f"python3 ({named[0]} to {named[-1]})" in makefile
    assert PROJECT["requires-python"] == f">={named[0]}"
