"""What the fleet check knows of an account, between the domain's words and the rows of `checks`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from linewright.domain.conditions import AccountFacts
from linewright.store.rows import Row

__all__ = ["facts_from", "facts_value"]


def facts_value(facts: AccountFacts) -> dict[str, Any]:
    """The column `facts`; `listed_at` has a column of its own."""
    ends = facts.token_expires_at
    return {
        "token_valid": facts.token_valid,
        "token_expires_at": ends.isoformat() if ends is not None else None,
        "token_lacks": list(facts.token_lacks),
        "subscribed": facts.subscribed,
        "expected": facts.expected,
        "override": facts.override,
    }


def facts_from(row: Row, prefix: str = "") -> AccountFacts:
    """Nothing is known where the account has no row yet."""
    value = row[prefix + "facts"] or {}
    ends = value.get("token_expires_at")
    return AccountFacts(
        listed_at=row[prefix + "listed_at"],
        token_valid=value.get("token_valid"),
        token_expires_at=datetime.fromisoformat(ends) if ends else None,
        token_lacks=tuple(value.get("token_lacks") or ()),
        subscribed=value.get("subscribed"),
        expected=value.get("expected"),
        override=value.get("override"),
    )
