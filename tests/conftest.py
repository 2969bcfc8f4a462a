"""Figures that tests note with `record_property` and that people want to read after a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

KILLS = ("kills", "repetitions")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Also with workers: what a test notes comes home with its report."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    noted: Counter[str] = Counter()
    for name, value in (pair for report in calls for pair in report.user_properties):
        if name in KILLS:
            noted[name] += value
    if noted["kills"]:
        terminalreporter.section("hard weather")
        terminalreporter.write_line(
            f"{noted['kills']} processes killed on their way and followed by another; "
            f"{noted['repetitions']} calls were sent again, each after its answer was lost (DESIGN 5.4)"
        )
