"""Examples of the OpenAPI document. The answers are real ones of a number that lost its PIN, played on the simulator
(`python -m tests.service.examples` writes them anew); the bodies are what one sends to get there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["BODIES", "EXAMPLES"]

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text())

BODIES: dict[str, Any] = {
    "account": {"name": "shop", "waba": "200000000000001", "token": "the system user's token", "pin_reset": "ask"},
    "account_change": {"paused": True},
    "accounts_change": {"names": ["shop", "bakery"], "pin_reset": "auto"},
    "adopt": {"waba": "200000000000001", "number": "300000000000001", "code": "AQ the code", "app": "100000000000001"},
    "adopt_event": {
        "code": "AQ the code",
        "app": "100000000000001",
        "event": {
            "type": "WA_EMBEDDED_SIGNUP",
            "event": "FINISH",
            "data": {"waba_id": "200000000000001", "phone_number_id": "300000000000001"},
        },
    },
    "adopt_token": {"waba": "200000000000001", "token": "the token in hand"},
    "number": {"e164": "+15550144444", "account": "shop", "verified_name": "The Shop"},
    "register": {"goal": "register", "pin": "012345"},
    "deregister": {"goal": "deregister", "confirm": "3005"},
    "release": {"confirm": "3005", "last_paid": "2026-04-20"},
    "release_change": {"last_paid": "2026-04-20"},
    "migrate": {"goal": "migrate", "to": "shop"},
    "code": {"value": "Your WhatsApp code: 123-830"},
    "approve": {"approve": True},
    "resend": {"resend": "voice"},
    "inbox": {"name": "main-line", "kind": "twilio", "secret": "the provider's auth token", "account": "shop"},
    "explain": {"error": {"message": "(#133005) Two-step verification PIN mismatch", "code": 133005}},
    "explain_text": "2026-05-04 09:12:44 ERROR register failed: (#133016) Account register deregister rate limit",
}
