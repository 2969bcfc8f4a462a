"""What the API answers with, as the OpenAPI document shows it: the shapes of DESIGN section 8, key by key.

The shapes themselves are made by `linewright.shapes`; nothing is validated on its way out, and a test holds
the two beside each other.
"""

from __future__ import annotations

from linewright.service.api.models.accounts import Accounts, AccountShape
from linewright.service.api.models.base import BudgetShape
from linewright.service.api.models.errors import EntryShape, Errors, Explanation, ProblemShape, ReasonShape
from linewright.service.api.models.numbers import (
    Conditions,
    Findings,
    Numbers,
    NumberShape,
    PinHistory,
    PinStatus,
    ReleaseShape,
)
from linewright.service.api.models.operations import (
    AttemptShape,
    LinkShape,
    Operations,
    OperationShape,
    Tasks,
    TaskShape,
)
from linewright.service.api.models.outcomes import AdoptedShape, Checked, ServiceShape
from linewright.service.api.models.plan import PlanShape

__all__ = [
    "AccountShape",
    "Accounts",
    "AdoptedShape",
    "AttemptShape",
    "BudgetShape",
    "Checked",
    "Conditions",
    "EntryShape",
    "Errors",
    "Explanation",
    "Findings",
    "LinkShape",
    "NumberShape",
    "Numbers",
    "OperationShape",
    "Operations",
    "PinHistory",
    "PinStatus",
    "PlanShape",
    "ProblemShape",
    "ReasonShape",
    "ReleaseShape",
    "ServiceShape",
    "TaskShape",
    "Tasks",
]
