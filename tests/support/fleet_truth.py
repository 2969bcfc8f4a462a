"""2,000 numbers in 40 accounts: what the simulator's own side says of each, beside what Linewright shows."""

from __future__ import annotations

from tests.support.fleet_stage import FleetStage

from linewright.simulator.truth import Number

__all__ = ["SIZES", "Truth", "shown_of", "true_of"]

SIZES = [*range(1, 31), 101, 120, 130, 140, 150, 160, 164, 170, 200, 200]
Truth = dict[str, str]


def true_of(stage: FleetStage, number: Number) -> Truth:
    """Standing and conditions as the simulator's own side has them: nothing here was read through the Graph face."""
    if number.id not in stage.remote.numbers:
        return {"standing": "deleted", "Registered": "false", "CanSend": "false"}
    truth = stage.door.number(number.id)
    if truth["state"] != "live":
        gone = truth["state"].lower()
        free = {"NotRestricted": "false" if gone == "banned" else "true"}
        return {"standing": gone, "Registered": "false", "CanSend": "false", **free}
    here = truth["registered"] or truth["on_biz_app"]
    restricted = here and number.live_status == "RESTRICTED" and not truth["on_biz_app"]
    standing = "coexistence" if truth["on_biz_app"] else "restricted" if restricted else "online"
    reads = number.live_status if here else "DISCONNECTED"
    quality = {"GREEN": "true", "YELLOW": "false", "RED": "false"}[number.quality]
    return {
        "standing": standing if here else "offline",
        "Registered": str(here).lower(),
        "CanSend": str(here and not restricted).lower(),
        "Verified": str(bool(here or truth["verified"])).lower(),
        "NameApproved": str(truth["name_status"] == "APPROVED").lower(),
        "NotRestricted": "false" if reads in ("RESTRICTED", "RATE_LIMITED") else "true",
        "QualityGood": "false" if reads == "FLAGGED" else quality if here else "unknown",
        "PinKnown": str(bool(truth["on_biz_app"] or not truth["two_step"])).lower(),
        "WebhookSubscribed": "true",
        "BudgetFree": "true",
    }


def shown_of(stage: FleetStage, number: Number, like: Truth) -> Truth:
    conditions = stage.store.conditions.of(number.id)
    shown = {condition.type.value: condition.status.value for condition in conditions}
    return {name: stage.standing(number.id) if name == "standing" else shown[name] for name in like}
