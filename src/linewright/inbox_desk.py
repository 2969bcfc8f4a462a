"""What people do with inboxes: add one, see what came, remove it; and a message that comes to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from linewright.courier_posts import Brought
from linewright.couriers import KINDS, checked_secret
from linewright.errors import UsageError
from linewright.secret import Secret
from linewright.senders import new_secret, told_once
from linewright.shapes import when
from linewright.store.inboxes import Inbox
from linewright.wiring import Installation

__all__ = ["ENTER", "InboxDesk", "address_of"]

Shape = dict[str, Any]
ENTER = {
    "generic": "Whatever receives the messages: post JSON with to, text and, where there is one, id, to the address; "
    "signed by Standard Webhooks with the secret, or with the secret as Authorization: Bearer.",
    "twilio": "At Twilio: Phone Numbers, the number, Messaging, A message comes in: Webhook, the address, HTTP POST.",
    "vonage": "At Vonage: the address as the inbound webhook of the number or of the account, with POST-JSON; in the "
    "settings, signed webhooks switched on with SHA-256 HMAC.",
    "telnyx": "At Telnyx: the messaging profile of the number, Inbound, the address as webhook URL, API version 2.",
}
"""What is entered at the provider, beside the address."""
TAKEN = ("used", "kept", "repeated", "no-code", "nobody-waits", "old", "other-account", "other")
"""What becomes of a message that is rightly signed."""


def address_of(public_url: str, name: str) -> str:
    """Where an inbox's messages are sent: the address that a provider is given, and that Twilio signs."""
    return f"{public_url.rstrip('/')}/inbox/otp/{name}"


class InboxDesk:
    """Results are JSON shapes. Every act leaves a line in the audit, by `who`. Nothing here shows a secret but the
    one that was just made."""

    def __init__(self, office: Installation, public_url: str | None = None) -> None:
        self._office = office
        self._store = office.store
        self._public_url = public_url or office.public_url

    def add(self, name: str, kind: str, secret: Secret | None, *, account: str | None, who: str) -> Shape:
        """Keeps an inbox: INBOX, what to `enter` at the provider, and as `secret` what was made here for a generic
        one, shown this once. Raises `UsageError`: `inbox-name`, `inbox-exists`, `inbox-kind`, `inbox-secret`,
        `unknown-account`."""
        if kind not in KINDS:
            raise UsageError(
                "An inbox is of the kind generic, twilio, vonage or telnyx.",
                fix="Choose one of the four; generic is for everything that can post JSON.",
                reason="inbox-kind",
            )
        if account is not None:
            account = self._store.accounts.get(account).name
        made = new_secret() if secret is None and kind == "generic" else None
        kept = checked_secret(kind, secret or made or Secret(""))
        now = self._office.clock.now()
        inbox = self._store.inboxes.add(name, kind, kept, account=account, by=who, now=now)
        self._note(who, "inbox add", name, kind=kind, account=account)
        return self._shape(inbox) | {"enter": ENTER[kind], "secret": told_once(made) if made is not None else None}

    def inboxes(self) -> list[Shape]:
        """INBOX `{"name","kind","account","url","messages","refused","used_at","made_by","made_at"}` each."""
        return [self._shape(inbox) for inbox in self._store.inboxes.all()]

    def remove(self, name: str, *, who: str) -> Shape:
        """Raises `UsageError` (reason `unknown-inbox`)."""
        shown = self._shape(self._store.inboxes.find(name))
        self._store.inboxes.close(name, self._office.clock.now())
        self._note(who, "inbox remove", shown["name"])
        return shown

    def take(self, inbox: Inbox, brought: Brought | None) -> str:
        """What became of a message that was rightly signed; see `InboxMail.take`. `other`: it was none."""
        now = self._office.clock.now()
        if brought is None:
            self._store.inboxes.turned_away(inbox.id, "other", now)
            return "other"
        outcome, _ = self._store.inbox_mail.take(
            inbox, brought.id, brought.to, brought.text, sent_at=brought.sent_at, now=now
        )
        return outcome

    def turned_away(self, inbox: Inbox | None, outcome: str) -> None:
        """Counts a post that was refused."""
        self._store.inboxes.turned_away(inbox.id if inbox else "", outcome, self._office.clock.now())

    def now(self) -> datetime:
        """The time that the freshness of a signature goes by: Linewright's own, as everything about codes."""
        return self._office.clock.now()

    def _shape(self, inbox: Inbox) -> Shape:
        tallies = self._store.inboxes.tallies(inbox.id)
        used = tallies.get("used")
        return {
            "name": inbox.name,
            "kind": inbox.kind,
            "account": inbox.account,
            "url": address_of(self._public_url, inbox.name) if self._public_url else None,
            "messages": {name: tally.count for name, tally in sorted(tallies.items()) if name in TAKEN},
            "refused": {name: tally.count for name, tally in sorted(tallies.items()) if name not in TAKEN},
            "used_at": when(used.last_at) if used else None,
            "made_by": inbox.made_by,
            "made_at": when(inbox.made_at),
        }

    def _note(self, who: str, action: str, subject: str, **detail: Any) -> None:
        self._store.audit.append(self._office.clock.now(), who, action, subject, detail or None)
