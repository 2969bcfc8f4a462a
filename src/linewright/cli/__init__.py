"""The command line. `main` starts fast: `explain` runs before anything large is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the result is the exit status (DESIGN 8, and 130 when stopped by Ctrl-C).

    A status of 1 is an error of Linewright's own, with its details in a file of the home.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    plain = _plain_explain(given)
    if plain is not None:
        from linewright.cli.explain import show_guarded

        return show_guarded(*plain)
    from linewright.cli.app import start

    return start(given)


def _plain_explain(given: list[str]) -> tuple[list[str], bool] | None:
    """The words and `--json` of an `explain` that needs no parser; None sends it the long way round."""
    if not given or given[0] != "explain":
        return None
    words = [word for word in given[1:] if word != "--json"]
    if not words or any(word.startswith("-") and word != "-" for word in words):
        return None
    return words, "--json" in given
