"""When a number may move to another account: the conditions of both, and the code that each refuses with.

The reference knows nine texts under 2388103 and two under 2388001; whether they come as `code` or as `error_subcode`
of 100 is not known, so that both do.
"""

from __future__ import annotations

from linewright.simulator.codes import Refusal
from linewright.simulator.truth import Account, Number
from linewright.simulator.world import World

__all__ = ["Migrations"]

NAMED = ("APPROVED", "AVAILABLE_WITHOUT_REVIEW")


class Migrations(World):
    """The world, and what stands in the way of a migration."""

    def refuse_migration(self, source: Number | None, account: Account, e164: str) -> None:
        """Refuses to create a number that is to move into `account`; `source` is the living id that has the line."""
        wrong = self._missing(source, account)
        if wrong is not None:
            raise self.migration_refusal(2388103, e164, wrong)
        if source is not None and not source.confirmed:
            raise self.migration_refusal(2388001, e164, "ownership")
        if source is not None and source.phone.pin is not None:
            raise self.migration_refusal(2388001, e164, "two-step-on")

    def migration_refusal(self, code: int, e164: str, user: str) -> Refusal:
        """The figure as code, or as subcode of 100."""
        place = self.temper.migration_code_as
        if place == "either":
            place = self.chance("migration code", e164, code).choice(["code", "subcode"])
        return Refusal(code, user=user) if place == "code" else Refusal(100, code, user=user)

    def line_is_elsewhere(self, number: Number) -> bool:
        """Whether another id has the line, and this one is not taking it over: it is sent no code then."""
        others = (each for each in self.numbers.values() if each.phone is number.phone and each is not number)
        return number.migrating_from is None and any(each.registered and each.state == "live" for each in others)

    def _missing(self, source: Number | None, account: Account) -> str | None:
        if source is None or not source.registered or source.on_biz_app or source.on_premise or source.test_number:
            return "migration-not-needed"
        origin = self.accounts[source.account]
        fulfilled = {
            "migration-business": origin.business == account.business,
            "migration-source": origin.set_up and origin.review == "APPROVED" and origin.verification == "verified",
            "migration-destination": account.review == "APPROVED" and account.verification == "verified",
            "migration-messaging-for": account.messaging_for in (None, "APPROVED"),
            "migration-webhooks": bool(account.subscribed),
            "migration-payment": account.has_payment,
            "migration-name": self._is_named(source),
        }
        wrong = next((name for name, is_so in fulfilled.items() if not is_so), None)
        if wrong is None and account.migration_faults:
            account.migration_faults -= 1
            return "migration-fault"
        return wrong

    def _is_named(self, source: Number) -> bool:
        return source.name_status_at(self.now()) in NAMED and source.new_name_status != "PENDING_REVIEW"
