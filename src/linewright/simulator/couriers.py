"""Services that receive text messages for phones and post them on, each in its own format and signed its own way.

Written from the providers' documentation, apart from whoever receives the posts: Twilio (a form, HMAC-SHA1 over address
and fields), Vonage (JSON with `sig` by HMAC-SHA256, or a JWT with the body's hash), Telnyx (JSON, Ed25519 over time and
body), and a plain one (JSON by Standard Webhooks, or with a bearer token).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from linewright.simulator.world import World

__all__ = ["TEXTS", "Courier", "Couriers", "Parcel", "signed"]

PATIENCE_SECONDS = 10.0
"""Real: so long a receiver may take to answer."""
AGAIN_SECONDS = (5, 30, 120)
"""From each failed try to the next, on the remote's clock."""
FROM = "+18005550100"
TEXTS = {
    "en": "Your WhatsApp code: {a}-{b}\nDon't share this code with others\n4sgLq1p5sV6",
    "pt": "Seu código do WhatsApp é {a}-{b}. Não compartilhe este código.",
    "es": "Tu código de WhatsApp: {a}-{b}. No compartas este código.",
    "de": "Dein WhatsApp-Code lautet {a}-{b}. Teile ihn niemandem mit.",
    "ar": "رمز واتساب الخاص بك: \u200e{a}-{b}\u200f",
    "hi": "आपका WhatsApp कोड: {a}-{b}। इसे साझा न करें।",
    "zh": "您的WhatsApp验证码为{a}-{b}，请勿与他人分享。",
}
DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "hi": "०१२३४५६७८९", "zh": "０１２３４５６７８９"}
KINDS = ("generic", "bearer", "twilio", "vonage", "vonage-jwt", "telnyx")


@dataclass
class Courier:
    """Where the messages of some phones go (all where `phones` is empty), and how: each `delay_seconds` late,
    `copies` times, wrongly signed where it shall `forge`. `text` stands in for the usual wording."""

    url: str
    kind: str
    secret: str = field(repr=False)
    phones: tuple[str, ...] = ()
    delay_seconds: float = 0.0
    copies: int = 1
    forge: bool = False
    text: str | None = None

    def __post_init__(self) -> None:
        self.phones = tuple(self.phones)
        if self.kind not in KINDS:
            raise ValueError(f"a courier is one of {', '.join(KINDS)}")
        if not 1 <= self.copies <= 10 or self.delay_seconds < 0:
            raise ValueError("a message comes 1 to 10 times, and not before it is sent")

    @property
    def shown(self) -> str:
        """What its customer enters to check its posts: the secret itself, of Telnyx the public key."""
        if self.kind != "telnyx":
            return self.secret
        public = _key(self.secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(public).decode()


@dataclass
class Parcel:
    """One message on its way to one receiver. The id stays the same however often it comes."""

    courier: Courier
    id: str
    to: str
    text: str = field(repr=False)
    sent_at: datetime
    due: datetime
    tries: int = 0
    answers: list[int | None] = field(default_factory=list)


class Couriers:
    """All of them. Nothing leaves by itself: a carrier calls `deliver_due`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.couriers: list[Courier] = []
        self.parcels: list[Parcel] = []
        self.counts: Counter[str] = Counter()
        self._taken: set[tuple[str, int]] = set()
        self._waiting: list[Parcel] = []

    def add(self, courier: Courier) -> Courier:
        """From now on it has the codes that arrive at its phones; those that were there before it has not."""
        if not self.couriers:
            phones = self.world.phones.values()
            self._taken |= {(phone.e164, place) for phone in phones for place in range(len(phone.codes))}
        self.couriers.append(courier)
        return courier

    def send(self, to: str, text: str, *, id: str | None = None, sent_at: datetime | None = None) -> int:
        """Any text message to a phone, by every courier that has it; how many that are."""
        mine = self._of(to)
        for courier in mine:
            self._hand_over(courier, to, text, id, sent_at or self.world.now(), self.world.now())
        return len(mine)

    def _of(self, phone: str) -> list[Courier]:
        return [courier for courier in self.couriers if not courier.phones or phone in courier.phones]

    def lose(self) -> None:
        """What is on its way now never comes."""
        self._take_up()
        self._waiting.clear()

    def _hand_over(
        self, courier: Courier, to: str, text: str, id: str | None, sent_at: datetime, arrives_at: datetime
    ) -> None:
        name = id or f"SM{len(self.parcels) + 1:032x}"
        parcel = Parcel(courier, name, to, text, sent_at, arrives_at + timedelta(seconds=courier.delay_seconds))
        self.parcels.append(parcel)
        self._waiting += [parcel] * courier.copies

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """Takes up the codes that have arrived, posts what is due, and returns how many posts that were."""
        self._take_up()
        now = self.world.now()
        due = [each for each in self._waiting if each.due <= now]
        self._waiting = [each for each in self._waiting if each.due > now]
        for parcel in due:
            status = await self._post(client, parcel, now)
            parcel.answers.append(status)
            parcel.tries += 1
            if status is not None and status < 300:
                self.counts["delivered"] += 1
            elif parcel.tries <= len(AGAIN_SECONDS):
                parcel.due = now + timedelta(seconds=AGAIN_SECONDS[parcel.tries - 1])
                self._waiting.append(parcel)
            else:
                self.counts["given_up"] += 1
        return len(due)

    def state(self) -> dict[str, Any]:
        """What became of the messages."""
        return {"couriers": len(self.couriers), "waiting": len(self._waiting), **dict(self.counts)}

    def _take_up(self) -> None:
        if not self.couriers:
            return
        for phone in list(self.world.phones.values()):
            for place, code in enumerate(phone.codes):
                if (phone.e164, place) in self._taken or code.arrives_at > self.world.now():
                    continue
                self._taken.add((phone.e164, place))
                for courier in self._of(phone.e164) if code.method == "SMS" else ():
                    text = courier.text or worded(code.text, code.language)
                    self._hand_over(courier, phone.e164, text, None, code.sent_at, code.arrives_at)

    async def _post(self, client: httpx.AsyncClient, parcel: Parcel, now: datetime) -> int | None:
        body, headers = signed(parcel, now)
        url = parcel.courier.url
        try:
            answer = await client.post(url, content=body, headers=headers, timeout=PATIENCE_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer.status_code


def worded(code: str, language: str) -> str:
    """The message that brings a code, in the language that was asked for where it is known."""
    name = language.partition("_")[0]
    digits = DIGITS.get(name, "0123456789")
    written = "".join(digits[int(each)] for each in code)
    return TEXTS.get(name, TEXTS["en"]).format(a=written[:3], b=written[3:])


def signed(parcel: Parcel, now: datetime) -> tuple[bytes, dict[str, str]]:
    """The bytes of a post and its headers, as this kind of courier sends them."""
    courier = parcel.courier
    secret = "x" * 20 if courier.forge and courier.kind != "telnyx" else courier.secret
    if courier.forge and courier.kind == "telnyx":
        secret = base64.b64encode(b"x" * 32).decode()
    make = {"twilio": _twilio, "vonage": _vonage, "vonage-jwt": _vonage_jwt, "telnyx": _telnyx, "bearer": _bearer}
    return make.get(courier.kind, _generic)(parcel, secret, int(now.timestamp()))


def _twilio(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    fields = {
        "ToCountry": "US",
        "MessageSid": parcel.id,
        "SmsSid": parcel.id,
        "NumMedia": "0",
        "AccountSid": "AC" + "0" * 32,
        "From": FROM,
        "To": parcel.to,
        "Body": parcel.text,
        "ApiVersion": "2010-04-01",
    }
    said = parcel.courier.url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "x-twilio-signature": base64.b64encode(digest).decode(),
    }
    return urlencode(fields).encode(), headers


def _vonage(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    fields = {
        "msisdn": FROM[1:],
        "to": parcel.to[1:],
        "messageId": parcel.id,
        "text": parcel.text,
        "type": "text" if parcel.text.isascii() else "unicode",
        "keyword": parcel.text.split()[0].upper(),
        "message-timestamp": f"{parcel.sent_at:%Y-%m-%d %H:%M:%S}",
        "timestamp": str(at),
        "nonce": parcel.id[-8:],
    }
    said = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    fields["sig"] = hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest().upper()
    return json.dumps(fields).encode(), {"content-type": "application/json"}


def _vonage_jwt(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    message = {
        "channel": "sms",
        "message_uuid": parcel.id,
        "to": parcel.to[1:],
        "from": FROM[1:],
        "timestamp": parcel.sent_at.isoformat().replace("+00:00", "Z"),
        "message_type": "text",
        "text": parcel.text,
    }
    body = json.dumps(message).encode()
    claims = {"iat": at, "jti": parcel.id, "iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest()}
    said = ".".join(_url64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    sign = _url64(hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest())
    return body, {"content-type": "application/json", "authorization": f"Bearer {said}.{sign}"}


def _telnyx(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    received = parcel.sent_at.isoformat()
    payload = {
        "direction": "inbound",
        "id": parcel.id,
        "from": {"phone_number": FROM},
        "to": [{"phone_number": parcel.to, "status": "webhook_delivered"}],
        "text": parcel.text,
        "type": "SMS",
        "received_at": received,
    }
    data = {"event_type": "message.received", "id": parcel.id, "occurred_at": received, "payload": payload}
    body = json.dumps({"data": data | {"record_type": "event"}, "meta": {"attempt": 1}}).encode()
    sign = _key(secret).sign(str(at).encode() + b"|" + body)
    headers = {
        "content-type": "application/json",
        "telnyx-signature-ed25519": base64.b64encode(sign).decode(),
        "telnyx-timestamp": str(at),
    }
    return body, headers


def _generic(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"to": parcel.to, "text": parcel.text, "sent_at": parcel.sent_at.isoformat()}).encode()
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    said = f"{parcel.id}.{at}.".encode() + body
    sign = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    headers = {
        "content-type": "application/json",
        "webhook-id": parcel.id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{sign}",
    }
    return body, headers


def _bearer(parcel: Parcel, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    fields = {"to": parcel.to, "text": parcel.text, "id": parcel.id, "sent_at": parcel.sent_at.isoformat()}
    return json.dumps(fields).encode(), {"content-type": "application/json", "authorization": f"Bearer {secret}"}


def _key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed))


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
