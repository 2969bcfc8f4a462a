"""The services that bring text messages by HTTP: how each signs its posts, and where in them the message stands.

Read in each provider's own documentation:
- generic: https://www.standardwebhooks.com (`webhook-id`, `webhook-timestamp`, `webhook-signature` over
  `id.timestamp.body`), or `Authorization: Bearer` with the same secret for what cannot sign.
- Twilio: https://www.twilio.com/docs/usage/security (`X-Twilio-Signature`: base64 of HMAC-SHA1, by the auth token, over
  the address as Twilio was given it and the sorted fields of the form) and
  https://www.twilio.com/docs/messaging/guides/webhook-request. There is no time in it.
- Vonage: https://developer.vonage.com/en/getting-started/concepts/signing-messages (`sig`: HMAC over the sorted fields
  but for itself, `&` and `=` in values made `_`), /en/getting-started/concepts/webhooks (a JWT by HS256 with
  `payload_hash`, the SHA-256 of the body) and /messaging/sms/guides/inbound-sms. MD5 and SHA-1 are not taken.
- Telnyx: https://developers.telnyx.com/docs/messaging/messages/receive-message (`telnyx-signature-ed25519` over
  `telnyx-timestamp|body`, by the account's public key).

A signature is looked at in constant time before anything in the post is believed. Twilio and Vonage sign the fields and
not the bytes, so their forms are taken apart for it, within the limits here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from linewright.courier_posts import (
    Brought,
    Post,
    Refused,
    brought,
    encoded,
    fields_of,
    form_of,
    fresh,
    from_base64,
    json_of,
    moment_of,
    same,
    signed_at,
    text_of,
)
from linewright.errors import UsageError
from linewright.secret import Secret

__all__ = ["KINDS", "STANDARD", "checked_secret", "read"]

STANDARD = "whsec_"
"""How a secret begins that signs by standard-webhooks; any other one of the kind generic is a bearer token alone."""
SHORTEST_SECRET, LONGEST_SECRET = 16, 500
TWILIO_ID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
"""No other is believed: what is signed has no sign between a name and a value, so that the same post, cut elsewhere,
would bring its message again under a longer id."""


def read(kind: str, secret: Secret, post: Post, now: datetime) -> Brought | None:
    """The message that a post brings; None for a signed post that brings none (a receipt, another event).

    `now` is the time that the freshness of a signature goes by. Raises `Refused`.
    """
    return KINDS[kind](secret.open_secret(), post, now)


def checked_secret(kind: str, secret: Secret) -> Secret:
    """A secret as it is kept. Raises `UsageError` (reason `inbox-secret`), never showing it."""
    text = secret.open_secret().strip()
    good = text.isascii() and text.isprintable() and " " not in text
    if kind == "telnyx":
        good = good and len(from_base64(text)) == 32
        fix = "Give the account's public key as Telnyx shows it under Keys & Credentials: 44 characters."
    elif text.startswith(STANDARD):
        good = good and len(from_base64(text.removeprefix(STANDARD))) >= SHORTEST_SECRET
        fix = "After whsec_ stands base64 of at least 16 bytes. Leave the secret out, and a good one is made."
    else:
        good = good and SHORTEST_SECRET <= len(text) <= LONGEST_SECRET
        fix = f"Give it alone, on one line, as the provider shows it; at least {SHORTEST_SECRET} characters."
    if not good:
        raise UsageError("This cannot be the secret of such an inbox.", fix=fix, reason="inbox-secret")
    return Secret(text)


# Generic


def _generic(secret: str, post: Post, now: datetime) -> Brought | None:
    bearer = post.header("authorization")
    if post.header("webhook-signature"):
        id = _standard(secret, post, now)
    elif bearer:
        same(bearer.encode(), f"Bearer {secret}".encode())
        id = ""
    else:
        raise Refused("unsigned")
    fields = fields_of(post)
    known = id or text_of(fields, "id") or text_of(fields, "message_id") or hashlib.sha256(post.body).hexdigest()
    sent_at = moment_of(fields.get("sent_at")) or signed_at(post.header("webhook-timestamp"))
    return brought(known, fields.get("to"), fields.get("text"), sent_at)


def _standard(secret: str, post: Post, now: datetime) -> str:
    """The post's id, once one of its signatures is right."""
    # Pinned for our own webhooks, and loaded only where a post comes.
    from standardwebhooks.webhooks import Webhook

    id, at = post.header("webhook-id"), signed_at(post.header("webhook-timestamp"))
    if not id or at is None:
        raise Refused("unsigned")
    if not secret.startswith(STANDARD):
        raise Refused("forged")
    try:
        right = Webhook(from_base64(secret.removeprefix(STANDARD))).sign(id, at, post.body.decode())
    except ValueError:  # no text: nobody signs that
        raise Refused("forged") from None
    given = [each for each in post.header("webhook-signature").split(" ")[:10] if each.startswith("v1,")]
    if sum(hmac.compare_digest(each.encode(), right.encode()) for each in given) == 0:
        raise Refused("forged")
    fresh(at, now)
    return id


# Twilio


def _twilio(secret: str, post: Post, now: datetime) -> Brought | None:
    given = post.header("x-twilio-signature")
    if not given:
        raise Refused("unsigned")
    pairs = form_of(post)
    rights = [_twilio_signature(secret, url, pairs) for url in _with_and_without_port(post.url)]
    if not sum(hmac.compare_digest(given.encode(), right) for right in rights):
        raise Refused("forged")
    fields = dict(pairs)
    id = fields.get("MessageSid") or fields.get("SmsSid")
    if id is None or TWILIO_ID.fullmatch(id) is None:
        raise Refused("unreadable")
    return brought(id, fields.get("To"), fields.get("Body"), None)


def _twilio_signature(secret: str, url: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """A field that comes with several values counts once with each."""
    said = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(secret.encode(), encoded(said), hashlib.sha1).digest())


def _with_and_without_port(url: str) -> list[str]:
    """Twilio signs a standard port that it was given sometimes with it and sometimes without."""
    parts = urlsplit(url)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    if parts.port not in (None, standard):
        return [url]
    return [url, *(parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{standard}"))]


# Vonage


def _vonage(secret: str, post: Post, now: datetime) -> Brought | None:
    bearer = post.header("authorization")
    if bearer:
        _vonage_token(secret, bearer, post, now)
        fields = fields_of(post)
    else:
        fields = fields_of(post)
        _vonage_sig(secret, fields, now)
    id = text_of(fields, "messageId") or text_of(fields, "message_uuid")
    told = fields.get("message-timestamp") or fields.get("timestamp")
    return brought(id, fields.get("to"), fields.get("text"), moment_of(told))


def _vonage_sig(secret: str, fields: Mapping[str, Any], now: datetime) -> None:
    given = str(fields.get("sig", "")).lower()
    if not given:
        raise Refused("unsigned")
    digest = {64: "sha256", 128: "sha512"}.get(len(given))
    if digest is None or not all(isinstance(value, str | int) for value in fields.values()):
        raise Refused("forged")
    if any("&" in name or "=" in name for name in fields):  # one field that reads as two, once they are joined
        raise Refused("forged")
    said = "".join(f"&{name}={_no_signs(fields[name])}" for name in sorted(fields) if name != "sig")
    right = hmac.new(secret.encode(), encoded(said), digest).hexdigest()
    same(encoded(given), right.encode())
    fresh(signed_at(str(fields.get("timestamp", ""))), now)


def _no_signs(value: object) -> str:
    return str(value).replace("&", "_").replace("=", "_")


def _vonage_token(secret: str, bearer: str, post: Post, now: datetime) -> None:
    """HS256 and nothing else, and this body and no other."""
    parts = bearer.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        raise Refused("forged")
    right = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    same(from_base64(parts[2]), right)
    head, claims = (json_of(from_base64(part)) for part in parts[:2])
    if head.get("alg") != "HS256":
        raise Refused("forged")
    same(str(claims.get("payload_hash", "")).lower().encode(), hashlib.sha256(post.body).hexdigest().encode())
    fresh(signed_at(str(claims.get("iat", ""))), now)


# Telnyx


def _telnyx(secret: str, post: Post, now: datetime) -> Brought | None:
    # Loaded only where a post of theirs comes.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    given, told = post.header("telnyx-signature-ed25519"), post.header("telnyx-timestamp")
    if not given or not told:
        raise Refused("unsigned")
    try:
        Ed25519PublicKey.from_public_bytes(from_base64(secret)).verify(
            from_base64(given), encoded(told) + b"|" + post.body
        )
    except (InvalidSignature, ValueError):
        raise Refused("forged") from None
    fresh(signed_at(told), now)
    data = json_of(post.body).get("data")
    payload = data.get("payload") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(payload, dict):
        raise Refused("unreadable")
    if data.get("event_type") != "message.received":
        return None
    receivers = payload.get("to")
    first = receivers[0] if isinstance(receivers, list) and receivers else None
    to = first.get("phone_number") if isinstance(first, dict) else None
    sent_at = moment_of(payload.get("received_at")) or moment_of(data.get("occurred_at"))
    return brought(payload.get("id") or data.get("id"), to, payload.get("text"), sent_at)


KINDS: dict[str, Callable[[str, Post, datetime], Brought | None]] = {
    "generic": _generic,
    "twilio": _twilio,
    "vonage": _vonage,
    "telnyx": _telnyx,
}
