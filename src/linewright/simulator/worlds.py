"""The default world: one account with the ten magic numbers, a healthy one and a coexistence one."""

from __future__ import annotations

from dataclasses import dataclass, field

from linewright.simulator.magic import MAGIC
from linewright.simulator.remote import Remote
from linewright.simulator.truth import Account, App, Number, Token

__all__ = ["COEXISTENCE", "HEALTHY", "DefaultWorld", "default_world"]

HEALTHY = "+15550100001"
COEXISTENCE = "+15550100002"


@dataclass(frozen=True)
class DefaultWorld:
    """What `default_world` made. `numbers` goes by the last six digits for magic ones, else by E.164."""

    app: App
    account: Account
    token: Token = field(repr=False)
    numbers: dict[str, Number]


def default_world(remote: Remote) -> DefaultWorld:
    """Fill an empty remote with an app, an account, a token for it and twelve numbers."""
    app = remote.add_app("Linewright demo")
    account = remote.add_account("Demo account")
    token = remote.add_token([account.id], app=app.id)
    numbers = {digits: remote.add_number(account.id, f"+15550{digits}") for digits in MAGIC}
    healthy = remote.add_number(account.id, HEALTHY, registered=True)
    healthy.shows["code_verification_status"] = "EXPIRED"
    both = remote.add_number(account.id, COEXISTENCE, on_biz_app=True)
    both.shows["code_verification_status"] = "NOT_VERIFIED"
    numbers |= {HEALTHY: healthy, COEXISTENCE: both}
    return DefaultWorld(app, account, token, numbers)
