"""Posts as Meta sends them, signed or not, for tests."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

__all__ = ["APP_SECRET", "body_of", "change", "failed", "post_of", "security", "signature_of", "signed"]

APP_SECRET = "0123456789abcdef0123456789abcdef"
Shape = dict[str, Any]


def change(field: str, **value: Any) -> Shape:
    return {"field": field, "value": value}


def security(phone: str, event: str = "PIN_CHANGED") -> Shape:
    return change("security", display_phone_number=phone, event=event, requester="1234567890")


def failed(number: str, code: int, at: datetime, *, times: int = 1, phone: str = "") -> Shape:
    """So many messages of one number that were refused, with the customers they were for."""
    statuses = [
        {
            "id": f"wamid.{place}",
            "status": "failed",
            "timestamp": str(int(at.timestamp())),
            "recipient_id": f"4915100{place:06d}",
            "errors": [{"code": code, "title": "Business Account locked", "error_data": {"details": "secret words"}}],
        }
        for place in range(times)
    ]
    return change(
        "messages",
        messaging_product="whatsapp",
        metadata={"phone_number_id": number, "display_phone_number": phone},
        contacts=[{"wa_id": "4915100000000", "profile": {"name": "Ada Kundin"}}],
        statuses=statuses,
    )


def post_of(waba: str, at: datetime, changes: Iterable[Shape]) -> Shape:
    entry = {"id": waba, "time": int(at.timestamp()), "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def body_of(post: Any) -> bytes:
    return json.dumps(post).encode()


def signature_of(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The headers of a post."""
    return {"X-Hub-Signature-256": signature_of(body, secret), "Content-Type": "application/json"}
