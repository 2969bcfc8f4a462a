"""Embedded Signup: what a customer does in Meta's window, the code that comes of it, and what the code buys.

The code belongs to one app, lives half a minute and is taken once. What the window tells its opener is the session
event: with a number (FINISH), without one (FINISH_ONLY_WABA), or of a number that stays in the Business app.
"""

from __future__ import annotations

import string
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from linewright.simulator.codes import Refusal
from linewright.simulator.truth import ALL_SCOPES, Number, SignupCode

if TYPE_CHECKING:
    from linewright.simulator.remote import Sent
    from linewright.simulator.world import World

__all__ = ["Ending", "buy_token", "refuse_late_register", "sign_up"]

Ending = Literal["FINISH", "FINISH_ONLY_WABA", "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", "CANCEL"]
IN_THE_APP = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"


def sign_up(
    world: World,
    *,
    event: Ending = "FINISH",
    waba: str | None = None,
    name: str = "New customer",
    e164: str | None = None,
    app: str | None = None,
    scopes: list[str] | None = None,
    step: str = "PHONE_NUMBER_SETUP",
) -> dict[str, Any]:
    """Plays the customer: makes the account unless `waba` names one, and the number `e164` unless it is there already.

    Gives `{"event", "code", "app", "waba", "number"}`, where `event` is what the page's listener hears. A cancelled
    one makes nothing and has no code. Raises `KeyError` for an unknown account or app, `ValueError` for what no
    signup does.
    """
    if event not in get_args(Ending):
        raise ValueError(f"event must be one of {', '.join(get_args(Ending))}")
    if event == "CANCEL":
        told = {"type": "WA_EMBEDDED_SIGNUP", "event": event, "version": 3, "data": {"current_step": step}}
        return {"event": told, "code": None, "app": app, "waba": None, "number": None}
    if event != "FINISH_ONLY_WABA" and e164 is None:
        raise ValueError("this signup has a number: e164 is missing")
    holder = world.apps[app or next(iter(world.apps))]
    account = world.accounts[waba] if waba is not None else world.add_account(name)
    number = _number(world, account.id, e164, event) if e164 is not None and event != "FINISH_ONLY_WABA" else None
    code = _code(world, holder.id, account.id, frozenset(scopes) if scopes is not None else ALL_SCOPES)
    data = {"waba_id": account.id, "business_id": account.id[::-1]}
    if event == "FINISH" and number is not None:
        data["phone_number_id"] = number.id
    told = {"type": "WA_EMBEDDED_SIGNUP", "event": event, "version": 3, "data": data}
    return {
        "event": told,
        "code": code.text,
        "app": holder.id,
        "waba": account.id,
        "number": number.id if number is not None else None,
    }


def buy_token(world: World, sent: Sent) -> dict[str, Any]:
    """`/oauth/access_token`: a code for the token of its app, once and in time. It needs no token of its own."""
    app = world.apps.get(sent.needed("client_id"))
    if app is None:
        raise Refusal(101)
    if sent.needed("client_secret") != app.secret:
        raise Refusal(1, message="Error validating client secret.")
    code = world.signup_codes.get(sent.needed("code"))
    if code is None:
        raise Refusal(100, 36009, message="Invalid verification code format.")
    if code.app != app.id:
        raise Refusal(100, 36008)
    if code.used:
        raise Refusal(100, 36009)
    if world.now() - code.made_at >= timedelta(seconds=world.temper.signup_code_seconds):
        raise Refusal(100, 36007)
    code.used = True
    token = world.add_token(code.accounts, app=app.id, scopes=code.scopes)
    return {"access_token": token.text, "token_type": "bearer"}


def refuse_late_register(world: World, number: Number) -> None:
    """A number that came by a signup and was not registered in time needs another one. No source says with which
    error; it is the one that tells least."""
    since = number.signed_up_at
    if since is not None and world.now() - since >= timedelta(seconds=world.temper.signup_window_seconds):
        raise Refusal(100)


def _number(world: World, waba: str, e164: str, event: Ending) -> Number:
    """The account's number of this phone, as the signup leaves it: verified; one that is online stays as it is."""
    mine = [each for each in world.numbers.values() if each.account == waba and each.phone.e164 == e164]
    number = mine[-1] if mine else world.add_number(waba, e164)
    number.last_onboarded_at = world.now()
    if event == IN_THE_APP:
        number.on_biz_app, number.registered = True, False
    elif not number.registered:
        number.verified, number.signed_up_at = True, world.now()
    return number


def _code(world: World, app: str, waba: str, scopes: frozenset[str]) -> SignupCode:
    letters = world.chance("signup code", len(world.signup_codes)).choices(string.ascii_letters + string.digits, k=160)
    code = SignupCode("AQ" + "".join(letters), app, {waba}, scopes, world.now())
    world.signup_codes[code.text] = code
    return code
