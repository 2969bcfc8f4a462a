"""The last step of an alert: to a service that Apprise knows, or as a signed webhook. Addresses are opened here."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import warnings
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from linewright.errors import UsageError
from linewright.graph.wire import is_loopback
from linewright.secret import DOTS, Secret
from linewright.store.channels import APPRISE, WEBHOOK

if TYPE_CHECKING:
    import httpx
    from apprise import Apprise, NotifyBase

__all__ = ["Message", "Outcome", "checked", "masked", "new_secret", "send", "told_once"]

REFUSED = frozenset({"syslog", "rsyslog", "dbus", "qt", "kde", "glib", "gnome", "gio", "macosx", "windows", "blink1"})
"""What shows something on the machine of the worker, where nobody looks, or talks to its services."""
NAMES_A_FILE = frozenset(
    {"keyfile", "template", "pgpkey", "pgp", "attach", "attachment", "subfile", "certfile", "cert"}
)
"""Parameters by which an address has a file of the worker's machine read."""
SEND_SECONDS = 20.0
"""Real: a service that takes longer counts as one that did not answer."""
LONGEST_ADDRESS = 4_000
LONGEST_TEXT = 12_000
"""Characters of a text; services cut longer ones, each in its own way."""
MOST_ITEMS = 100
"""Changes that a webhook carries; `total` says how many there are."""
GONE = 410
"""By standard-webhooks: the receiver wants no more of it."""
ANSWERS = {"warning": "warning", "recovered": "success", "test": "info", "task": "info"}
NOT_SENT = "The service did not take it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert as it is sent. `id` stays the same when it is sent again, so that a receiver can drop the second."""

    id: str
    kind: str
    at: datetime
    account: str | None
    title: str
    body: str
    urgent: bool = False
    items: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` in a few words, without the address; None where it was taken. `for_good`: trying again is no use."""

    error: str | None
    for_good: bool = False


# Addresses


def checked(kind: str, address: Secret) -> Secret:
    """The address as it is kept. Raises `UsageError` (reason `channel-address`), never showing it."""
    text = address.open_secret().strip()
    if not text.isprintable() or " " in text or len(text) > LONGEST_ADDRESS:
        raise _wrong("The address holds spaces, line breaks or far too much.", "Give one address alone, on one line.")
    if kind == WEBHOOK:
        _check_webhook(text)
    else:
        _check_apprise(text)
    return Secret(text)


def _check_webhook(text: str) -> None:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.fragment:
        raise _wrong("This is no address of a webhook.", "Give one that begins with https://.")
    if parts.scheme == "http" and not is_loopback(text):
        raise _wrong("A webhook over plain http would show what it says to everybody on the way.", "Use https://.")


def _check_apprise(text: str) -> None:
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme in ("http", "https"):
        raise _wrong(
            "This is the address of a web page, and Apprise's addresses begin with the name of a service.",
            "Use mailtos://, slack://, tgram:// and the like (see docs/alerts.md), or --webhook for a webhook.",
        )
    if scheme in REFUSED:
        raise _wrong(
            f"{scheme}:// shows alerts on the worker's own machine, where nobody looks.",
            "Choose a service that reaches a person: mailtos://, slack://, tgram:// and the like.",
        )
    given = parse_qsl(text.partition("?")[2], keep_blank_values=True)
    if NAMES_A_FILE & {name.lower().lstrip("+-:") for name, _ in given}:
        raise _wrong(
            "The address has a file of this machine read, and an address may not.",
            "Leave that parameter out, or choose another service.",
        )
    if _service(text) is None:
        raise _wrong(
            f"Apprise knows no address of this form{f' ({scheme}://…)' if scheme.isalnum() else ''}.",
            "Compare it with docs/alerts.md: each service has its own form, such as mailtos://USER:PASSWORD@HOST.",
        )


def _wrong(message: str, fix: str) -> UsageError:
    return UsageError(message, fix=fix, reason="channel-address")


def masked(kind: str, address: Secret) -> str:
    """What may be shown of an address: the service and, of a webhook, its host."""
    parts = urlsplit(address.open_secret())
    if kind == APPRISE:
        return f"{parts.scheme}://{DOTS}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}/{DOTS if parts.path not in ('', '/') or parts.query else ''}"


def new_secret() -> Secret:
    """What signs the webhooks of a channel: `whsec_` and 256 bits in base64 (standard-webhooks)."""
    return Secret(f"whsec_{b64encode(secrets.token_bytes(32)).decode()}")


def told_once(secret: Secret) -> str:
    """The secret as it is shown to the one person who adds the channel, and never again."""
    return secret.open_secret()


# Sending


async def send(
    kind: str, address: Secret, secret: Secret | None, message: Message, *, now: datetime,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Outcome:  # fmt: skip
    """Sends once. `now` is real time: receivers refuse signatures that are minutes old. Never raises for what a
    service does or says."""
    if kind == WEBHOOK and secret is not None:
        return await _post(address, secret, message, now, transport)
    return await asyncio.to_thread(_by_apprise, address, message)


async def _post(
    address: Secret, secret: Secret, message: Message, now: datetime, transport: httpx.AsyncBaseTransport | None
) -> Outcome:
    import httpx
    from standardwebhooks.webhooks import Webhook

    body = json.dumps(_document(message), ensure_ascii=False, separators=(",", ":"))
    headers = {
        "content-type": "application/json",
        "user-agent": "Linewright",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret.open_secret()).sign(message.id, now, body),
    }
    try:
        async with (
            httpx.AsyncClient(timeout=SEND_SECONDS, follow_redirects=False, transport=transport) as client,
            client.stream("POST", address.open_secret(), content=body.encode(), headers=headers) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome(f"It could not be reached ({type(error).__name__}).")
    if 200 <= status < 300:
        return Outcome(None)
    if 300 <= status < 400:
        return Outcome(f"It answered {status}: redirects are not followed.")
    return Outcome(f"It answered {status}.", for_good=status == GONE)


def _document(message: Message) -> dict[str, Any]:
    """What a webhook carries; docs/alerts.md describes it."""
    return {
        "type": f"{'task' if message.kind == 'task' else 'alert'}.{'link' if message.kind == 'task' else message.kind}",
        "timestamp": message.at.isoformat().replace("+00:00", "Z"),
        "data": {
            "id": message.id,
            "account": message.account,
            "title": message.title,
            "body": message.body[:LONGEST_TEXT],
            "urgent": message.urgent,
            "total": len(message.items),
            "items": [dict(item) for item in message.items[:MOST_ITEMS]],
        },
    }


def _by_apprise(address: Secret, message: Message) -> Outcome:
    service = _service(address.open_secret())
    if service is None:
        return Outcome("Apprise does not know this address any more.", for_good=True)
    sender = _apprise()
    sender.add(service)
    try:
        taken = sender.notify(
            body=message.body[:LONGEST_TEXT],
            title=message.title,
            notify_type=ANSWERS.get(message.kind, "info"),
            body_format="text",
        )
    except Exception as error:  # a hundred services, each with its own; their words may hold the address
        return Outcome(f"The service failed ({type(error).__name__}).")
    return Outcome(None if taken else NOT_SENT)


def _apprise() -> Apprise:
    """Without anything that reads or writes files: no plugins, no attachments, no storage, no templates."""
    _quiet()
    from apprise import Apprise

    return Apprise(asset=_asset())


def _asset() -> Any:
    from apprise import AppriseAsset, PersistentStoreMode

    return AppriseAsset(
        app_id="Linewright",
        app_desc="Linewright",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        plugin_paths=[],
        storage_mode=PersistentStoreMode.MEMORY,
        async_mode=False,
        secure_logging=True,
        pem_autogen=False,
        pgp_autogen=False,
        allow_templates=False,
        interpret_escapes=False,
        service_timeout=SEND_SECONDS,
        http_redirects=0,
        timezone="UTC",
        language="en",
    )


def _service(text: str) -> NotifyBase | None:
    """One service of an address, or None. An address that stands for several, or for a file, is none."""
    _quiet()
    from apprise import Apprise

    try:
        return Apprise.instantiate(text, asset=_asset(), suppress_exceptions=True)
    except Exception:  # what it cannot take apart
        return None


@cache
def _quiet() -> None:
    """Loads Apprise. It and what it is built on log addresses and answers: none of it reaches our log; and it warns of
    modules of Python that it imports."""
    for name in ("apprise", "urllib3", "requests", "paho", "slixmpp"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from apprise import Apprise

        Apprise.instantiate("json://localhost")
