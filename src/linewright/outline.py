"""A plan's tree as it is told: steps that follow each other by themselves are one line, choices branch off it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from linewright.foretold import price

__all__ = ["Twig", "outline"]


SOON = 15
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twig:
    """What comes back, what is done then, and the choices after that.

    `likelihood` and `because` speak of the label; `end` is how it ends here (done, give_up or cut), else empty;
    `more` names the answers that are not followed.
    """

    label: str = ""
    likelihood: str = ""
    because: str = ""
    steps: tuple[str, ...]
    end: str = ""
    price: str = ""
    branches: tuple[Twig, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The label with what speaks for it: `possible: 133005 … (this PIN was never accepted yet)`."""
        mark = f"{self.likelihood}: " if self.label and self.likelihood in ("likely", "possible") else ""
        why = f" ({self.because})" if self.because else ""
        return f"{mark}{self.label}{why}"

    @property
    def collapsed(self) -> Twig:
        """The likeliest way to the end of it alone, in one line."""
        if not self.branches:
            return self
        first = self.branches[0].collapsed
        return replace(first, label=self.label, likelihood=self.likelihood, because=self.because,
                       steps=(*self.steps, *first.steps))  # fmt: skip


def outline(tree: Mapping[str, Any]) -> Twig:
    """The tree of a plan's JSON."""
    return _twig(tree, None, frozenset())


def _twig(node: Mapping[str, Any], branch: Mapping[str, Any] | None, told: frozenset[str]) -> Twig:
    """`told` are the labels of the choices before it: what is not followed here and was told there is left out."""
    steps = [node["does"]]
    while len(node["branches"]) == 1:
        after = node["branches"][0]["then"]
        soon = node["reason"] == "settling" and node["wait_seconds"] <= SOON and after["action"] == "done"
        if soon:
            steps.pop()  # it is no wait that anybody notices, and counts in the price
        steps.append(after["does"])
        node = after
    outcomes = branch["outcomes"] if branch is not None else []
    labels = {outcome["label"] for each in node["branches"] for outcome in each["outcomes"]} | set(node["more"])
    ended = node["action"] in ("done", "give_up")
    return Twig(
        label=" or ".join(outcome["label"] for outcome in outcomes),
        likelihood=branch["likelihood"] if branch is not None else "",
        because=next((outcome["because"] for outcome in outcomes if outcome["because"]), ""),
        steps=tuple(steps),
        end="cut" if node["cut"] else node["action"] if ended else "",
        price=price(node["cost"]) if not node["branches"] else "",
        branches=tuple(_twig(each["then"], each, told | labels) for each in node["branches"]),
        more=tuple(label for label in node["more"] if label not in told) if len(node["branches"]) > 1 else (),
    )
