"""The pages of the documentation that are drawn from the code, each by a module of its own."""

from __future__ import annotations

__all__ = ["NOTICE", "cell", "table"]

NOTICE = "<!-- Drawn from the code by `make docs`; edit the code instead. -->\n\n"


def cell(text: object) -> str:
    """One line that a Markdown table holds."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table; nothing where it would have no row."""
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell(each) for each in line) + " |\n" for line in lines) + "\n"
