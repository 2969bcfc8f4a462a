"""The Python face over REST: the same methods, answers and errors, asked of a running service."""

from __future__ import annotations

from linewright.over_rest.accounts import Accounts
from linewright.over_rest.home_only import HomeOnly
from linewright.over_rest.imports import Imports
from linewright.over_rest.numbers import Numbers
from linewright.over_rest.operations import Operations
from linewright.over_rest.outlook import Outlook
from linewright.over_rest.questions import Questions

__all__ = ["RemoteLinewright"]


class RemoteLinewright(Accounts, Numbers, Operations, Questions, Imports, Outlook, HomeOnly):
    """Has the methods of `Linewright` that make sense from afar; the others raise `UsageError` (`here-only`).

    Use it as an async context manager. Beside what `Linewright` raises: `RemoteUnavailable`
    (`service-unavailable`) when nothing answers, `UsageError` (`unauthorized`, `forbidden`) for its token.
    """
