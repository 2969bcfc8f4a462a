"""The requests, without I/O: one function for each call. How their answers are judged stands in `judge`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from linewright.domain.journal import WRITES, CallKind, RemoteError
from linewright.secret import Secret

__all__ = [
    "ACCOUNT_FIELDS",
    "FIELDS",
    "NEEDED",
    "WISHED",
    "Request",
    "buy_token",
    "create_number",
    "debug_token",
    "deregister",
    "is_loopback",
    "keep_storage",
    "list_numbers",
    "nonexisting_field",
    "plain_address",
    "read_account",
    "read_number",
    "read_storage",
    "register",
    "request_code",
    "set_pin",
    "subscribe",
    "subscribed_apps",
    "survey_account",
    "verify_code",
    "without_queries",
]

NEEDED = ("id", "display_phone_number", "status", "code_verification_status")
WISHED = (
    "platform_type",
    "is_on_biz_app",
    "is_pin_enabled",
    "account_mode",
    "name_status",
    "health_status",
    "throughput",
    "verified_name",
    "last_onboarded_time",
    "quality_rating",
    "webhook_configuration",
)
FIELDS = (*NEEDED, *WISHED)
ACCOUNT_FIELDS = (
    "account_review_status",
    "business_verification_status",
    "owner_business_info",
    "on_behalf_of_business_info",
    "health_status",
)
"""What a migration asks of both accounts."""
MOVING_FIELDS = ("new_name_status",)
"""What it asks of its source beside the rest."""
NONEXISTING = re.compile(r"nonexisting field \((\w+)\)")
PAGE = 100
"""Numbers in one page of a listing; the remote gives no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. Secrets stand, still closed, in `json`; never in `path` or `params`.

    `path` follows the version. `proof` is the key that a good answer carries; a write without one is
    proven by `success: true`.
    """

    call: CallKind
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    secrets: tuple[Secret, ...] = ()
    proof: str | None = None
    form: bool = False
    """Whether the body goes as a form, as OAuth 2.0 has it (RFC 6749, 4.1.3), and not as JSON."""

    @property
    def writes(self) -> bool:
        return self.call in WRITES

    def content(self) -> bytes | None:
        """The body with its secrets opened, or None for a call without a body."""
        if self.json is None:
            return None
        if self.form:
            fields = {name: _open(value) if isinstance(value, Secret) else value for name, value in self.json.items()}
            return urlencode(fields).encode()
        return json.dumps(dict(self.json), default=_open).encode()


def _open(value: object) -> str:
    if isinstance(value, Secret):
        return value.open_secret()
    raise TypeError(f"a {type(value).__name__} is no JSON")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine only."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_number(number: str, unsupported: Iterable[str] = (), *, moving: bool = False) -> Request:
    """All fields of a number but those that this Graph version does not know; `moving` asks for more."""
    params = {"fields": _fields(unsupported, FIELDS + MOVING_FIELDS if moving else FIELDS)}
    return Request(call=CallKind.READ, method="GET", path=_path(number), params=params, proof="id")


def list_numbers(waba: str, after: str | None = None, unsupported: Iterable[str] = ()) -> Request:
    """One page of the account's numbers, from the cursor `after` on."""
    params = {"fields": _fields(unsupported), "limit": str(PAGE)} | ({"after": after} if after else {})
    return Request(call=CallKind.LOOK, method="GET", path=_path(waba, "phone_numbers"), params=params, proof="data")


def read_account(waba: str) -> Request:
    return Request(call=CallKind.LOOK, method="GET", path=_path(waba), params={"fields": "id,name"}, proof="id")


def survey_account(waba: str, unsupported: Iterable[str] = ()) -> Request:
    """What a migration looks at in an account; its fields are known apart from a number's of the same name."""
    left_out = set(unsupported)
    fields = ",".join(("id", *(name for name in ACCOUNT_FIELDS if f"account.{name}" not in left_out)))
    return Request(call=CallKind.SURVEY, method="GET", path=_path(waba), params={"fields": fields}, proof="id")


def register(number: str, pin: Secret) -> Request:
    """With two-step verification on, `pin` must be the present one; off, it becomes the PIN (facts, 1.1)."""
    body = {"messaging_product": "whatsapp", "pin": pin}
    return _write(CallKind.REGISTER, _path(number, "register"), body, pin)


def deregister(number: str) -> Request:
    """POST, not the DELETE of the errors page: the edge knows no DELETE (facts, 1.2)."""
    return _write(CallKind.DEREGISTER, _path(number, "deregister"))


def request_code(number: str, method: str, language: str) -> Request:
    """`method` is SMS or VOICE, `language` like `en_US`."""
    return _write(CallKind.REQUEST_CODE, _path(number, "request_code"), {"code_method": method, "language": language})


def verify_code(number: str, code: Secret) -> Request:
    """`code` is the digits alone, without the hyphen (facts, 1.4)."""
    return _write(CallKind.VERIFY_CODE, _path(number, "verify_code"), {"code": code}, code)


def set_pin(number: str, pin: Secret) -> Request:
    """The old PIN is not asked for (facts, 1.5)."""
    return _write(CallKind.SET_PIN, _path(number), {"pin": pin}, pin)


def create_number(waba: str, cc: str, national: str, verified_name: str | None, *, migrate: bool = False) -> Request:
    """Country code and national digits apart satisfy all but one of the sources (facts, 1.6). A migration carries
    the display name over, so that it may be left out there (facts, 5.B)."""
    body: dict[str, Any] = {"cc": cc, "phone_number": national}
    if verified_name is not None:
        body["verified_name"] = verified_name
    if migrate:
        body["migrate_phone_number"] = True
    return Request(call=CallKind.CREATE, method="POST", path=_path(waba, "phone_numbers"), json=body, proof="id")


def subscribed_apps(waba: str) -> Request:
    return Request(call=CallKind.READ_SUBSCRIPTION, method="GET", path=_path(waba, "subscribed_apps"), proof="data")


def subscribe(waba: str, callback: str | None = None, verify_token: Secret | None = None) -> Request:
    """An empty body subscribes the token's app; only a subscribed one takes another address (facts, 1.10)."""
    path = _path(waba, "subscribed_apps")
    if callback is None or verify_token is None:
        return _write(CallKind.SUBSCRIBE, path)
    body = {"override_callback_uri": callback, "verify_token": verify_token}
    return _write(CallKind.SUBSCRIBE, path, body, verify_token)


def read_storage(number: str) -> Request:
    return Request(call=CallKind.READ_STORAGE, method="GET", path=_path(number, "settings"))


def keep_storage(number: str, configuration: Mapping[str, Any]) -> Request:
    body = {"storage_configuration": dict(configuration)}
    return _write(CallKind.KEEP_STORAGE, _path(number, "settings"), body)


def debug_token(token: Secret) -> Request:
    """A one-part batch, so that the token stands in a body and in no URL of ours (facts, 1.11 and 1.12)."""
    part = {"method": "GET", "relative_url": f"debug_token?input_token={quote(token.open_secret(), safe='')}"}
    body = {"batch": Secret(json.dumps([part])), "include_headers": False}
    return Request(call=CallKind.LOOK, method="POST", path="/", json=body, secrets=(token,), proof="parts")


def buy_token(app: str, app_secret: Secret, code: Secret) -> Request:
    """The code of an Embedded Signup for a token. Meta's guide shows a GET with all three in the URL; they go in the
    body of a POST, as every OAuth client sends them (decision 15)."""
    body = {"client_id": app, "client_secret": app_secret, "code": code}
    secrets = (app_secret, code)
    return Request(
        call=CallKind.LOOK,
        method="POST",
        path="/oauth/access_token",
        json=body,
        secrets=secrets,
        proof="access_token",
        form=True,
    )


def plain_address(url: object) -> str:
    """A URL without what may be secret in it: no user, no query, no fragment."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = parts.netloc.rpartition("@")[2] if parts is not None else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{parts.path}" if parts is not None and host else ""


def without_queries(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same body, the addresses of webhooks in it plain: whoever reads them on must not see what they carry."""
    found = dict(body)
    if isinstance(found.get("data"), list):
        found["data"] = [without_queries(row) if isinstance(row, dict) else row for row in found["data"]]
    levels = found.get("webhook_configuration")
    if isinstance(levels, dict):
        found["webhook_configuration"] = {level: plain_address(url) for level, url in levels.items()}
    if "override_callback_uri" in found:
        found["override_callback_uri"] = plain_address(found["override_callback_uri"])
    return found


def nonexisting_field(error: RemoteError | None) -> str | None:
    """The field that this version of the Graph API does not know, if that is what the error says."""
    found = NONEXISTING.search(error.message) if error is not None and error.code == 100 else None
    return found.group(1) if found else None


def _write(call: CallKind, path: str, body: Mapping[str, Any] | None = None, *secrets: Secret) -> Request:
    return Request(call=call, method="POST", path=path, json=body, secrets=secrets)


def _path(*parts: str) -> str:
    """Ids come from people: none of them reaches another address."""
    return "".join("/" + quote(part, safe="").replace(".", "%2E") for part in parts)


def _fields(unsupported: Iterable[str], names: Iterable[str] = FIELDS) -> str:
    left_out = set(unsupported)
    return ",".join(name for name in names if name not in left_out)
