"""`linewright explain`: what an error means. Imports nothing large, so that it answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from linewright.errors import UsageError

__all__ = ["show", "show_guarded"]


def show_guarded(words: Sequence[str], as_json: bool) -> int:
    """`show`, with errors turned into lines and a status."""
    from linewright.cli.guard import guarded

    return guarded(lambda: show(words, as_json), as_json=as_json)


def show(words: Sequence[str], as_json: bool) -> int:
    """Explains the error in `words` (`-`: in stdin). Raises `UsageError` when there is nothing to explain."""
    from linewright.catalogue.render import lines
    from linewright.cli.say import folded, write, write_json
    from linewright.explain import explain

    source = sys.stdin.buffer.read().decode("utf-8", "replace") if list(words) == ["-"] else " ".join(words)
    if not source.strip():
        raise UsageError(
            "There is nothing to explain: the input is empty.",
            fix="Give a code, an error body, or a log line that holds one.",
            reason="usage",
        )
    explanation = explain(source)
    if as_json:
        write_json(explanation)
    else:
        write(folded("\n".join(lines(explanation))))
    return 0
