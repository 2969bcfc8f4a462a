"""Calls an hour: what the usage headers tell, and when an account is over its limit.

An account with a registered number may make 5,000 management calls an hour, a young one 200.
"""

from __future__ import annotations

import json
from datetime import timedelta

from linewright.simulator.codes import Refusal
from linewright.simulator.truth import Account
from linewright.simulator.world import World

__all__ = ["count_call", "usage_headers"]

HOUR = timedelta(hours=1)


def count_call(world: World, account: Account) -> None:
    """Count one call; refuse it with 80008 when the account is over its limit and the temper enforces it."""
    now = world.now()
    while account.calls and now - account.calls[0] >= HOUR:
        account.calls.popleft()
    account.calls.append(now)
    if world.temper.enforce_usage and len(account.calls) > _limit(account):
        raise Refusal(80008)


def usage_headers(world: World, target: str) -> dict[str, str]:
    """`X-App-Usage` and `X-Business-Use-Case-Usage` for the account of this id; none for another id."""
    number = world.numbers.get(target)
    account = world.accounts.get(number.account if number is not None else target)
    if account is None:
        return {}
    share = min(100, 100 * len(account.calls) // _limit(account))
    minutes = 0
    if world.temper.enforce_usage and len(account.calls) > _limit(account):
        minutes = int((account.calls[0] + HOUR - world.now()).total_seconds()) // 60 + 1
    usage = {
        "type": "whatsapp_business_management",
        "call_count": share,
        "total_cputime": share // 2,
        "total_time": share // 2,
        "estimated_time_to_regain_access": minutes,
    }
    app = {name: usage[name] for name in ("call_count", "total_cputime", "total_time")}
    return {
        "x-app-usage": json.dumps(app),
        "x-business-use-case-usage": json.dumps({account.id: [usage]}),
    }


def _limit(account: Account) -> int:
    return 5000 if account.active else 200
