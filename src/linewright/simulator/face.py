"""The Graph face: from a request to an answer, whatever carries it (ASGI or an httpx transport).

A call is begun when it comes in and finished when it is answered; a carrier that lets other calls run in
between makes overlapping calls visible in the log.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from linewright.simulator.batch import play_batch
from linewright.simulator.calls import CallLog, LoggedCall
from linewright.simulator.codes import Refusal, error_body
from linewright.simulator.couriers import Couriers
from linewright.simulator.faults import DOINGS, Fault, Faults
from linewright.simulator.gate import account_for, as_spoken, authorize, inspect, number_for
from linewright.simulator.message import Answer, Request
from linewright.simulator.reading import read_account, read_number
from linewright.simulator.remote import Remote, Sent
from linewright.simulator.signup import buy_token
from linewright.simulator.truth import MANAGEMENT, MESSAGING, Account, Token
from linewright.simulator.usage import count_call, usage_headers
from linewright.simulator.webhooks import Webhooks, handshake

__all__ = ["Call", "Face"]

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>"
)

_NUMBER_EDGES = {
    ("POST", "register"): "register",
    ("POST", "deregister"): "deregister",
    ("POST", "request_code"): "request_code",
    ("POST", "verify_code"): "verify_code",
    ("GET", "settings"): "read_settings",
    ("POST", "settings"): "settings",
    ("POST", "messages"): "send",
}
_ACCOUNT_EDGES = {
    ("GET", "phone_numbers"): "list",
    ("POST", "phone_numbers"): "create",
    ("GET", "subscribed_apps"): "subscriptions",
    ("POST", "subscribed_apps"): "subscribe",
    ("DELETE", "subscribed_apps"): "unsubscribe",
}


@dataclass
class Call:
    """One call between its beginning and its end."""

    request: Request
    kind: str
    target: str
    edge: str | None
    sent: Sent
    token: str | None
    entry: LoggedCall
    unverified: Refusal | None = None
    """What the handshake with another callback address found."""

    @property
    def overrides(self) -> bool:
        """Whether it may name another callback address."""
        return self.kind in ("subscribe", "override")

    def secrets(self) -> dict[str, str]:
        """The secrets that came with it, by name."""
        found = {"access_token": self.token, "pin": self.sent.text("pin"), "code": self.sent.text("code")}
        found |= {name: self.sent.text(name) for name in ("input_token", "verify_token", "client_secret")}
        return {name: text for name, text in found.items() if text}


class Face:
    """The remote as callers meet it: routing, faults, the log, headers and error bodies."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.faults = Faults()
        self.log = CallLog(remote.seed)
        self.webhooks = Webhooks(remote)
        self.couriers = Couriers(remote)
        self.lock = threading.RLock()
        self._counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """Begin and finish in one go."""
        call = self.begin(request)
        self.shake_hands(call)
        return self.finish(call)

    def begin(self, request: Request) -> Call:
        """Take the call in and log it."""
        with self.lock:
            kind, target, edge = self._route(request)
            number = self.remote.numbers.get(target)
            e164 = number.phone.e164 if number is not None else None
            entry = self.log.begin(self.remote.now(), request.method, request.path, kind, target or None, e164)
            sent = Sent(request.parameters(), request.version())
            call = Call(request, kind, target, edge, sent, request.token(), entry)
            entry.secrets = {name: self.log.fingerprint(text) for name, text in call.secrets().items()}
            return call

    def shake_hands(self, call: Call) -> None:
        """Between beginning and end: another callback address must give a challenge back. Over real HTTP, and without
        the lock, since the receiver may be slow or may ask something itself."""
        override = self._override(call) if call.overrides else None
        if override is not None:
            try:
                handshake(*override, challenge=str(self.remote.chance("challenge", call.entry.seq).getrandbits(31)))
            except Refusal as refusal:
                call.unverified = refusal

    def finish(self, call: Call) -> Answer:
        """Do what the call asks, unless a fault is in the way, and answer."""
        with self.lock:
            entry = call.entry
            fault = self.faults.strike(call.kind, (call.target, entry.e164), self.remote.now())
            doing = DOINGS[fault.do] if fault is not None else None
            status, body = 503, dict[str, Any]()
            if doing is None or doing.happens:
                status, body = self._play(call)
            if fault is not None:
                entry.fault = fault.do
                if fault.do.startswith("error"):
                    status, body = self._faulty_error(call, fault)
            answer = self._compose(call, status, body, fault)
            self.log.end(entry, self.remote.now())
            return answer

    def _route(self, request: Request) -> tuple[str, str, str | None]:
        parts, method = request.segments(), request.method
        if not parts:
            return ("batch" if method == "POST" else "unknown"), "", None
        if parts == ["debug_token"]:
            return "debug_token", "", None
        if parts == ["oauth", "access_token"]:
            return "buy_token", "", None
        if len(parts) == 1:
            is_account = parts[0] in self.remote.accounts
            names = request.parameters() if method == "POST" else {}
            write = "override" if "webhook_configuration" in names and "pin" not in names else "set_pin"
            kinds = {"GET": "account" if is_account else "read", "POST": write}
            return kinds.get(method, "unknown"), parts[0], None
        edge = "/".join(parts[1:])
        kind = (_NUMBER_EDGES | _ACCOUNT_EDGES).get((method, edge), "unknown")
        return kind, parts[0], edge

    def _play(self, call: Call) -> tuple[int, Any]:
        call.entry.happened = True
        try:
            return 200, self._perform(call)
        except Refusal as refusal:
            return self._refused(call, refusal)

    def _refused(self, call: Call, refusal: Refusal) -> tuple[int, Any]:
        key = call.entry.e164 or call.target
        self._counts[key] += 1
        chance = self.remote.chance("words", key, self._counts[key])
        status, body = error_body(refusal, self.remote.temper, chance, call.secrets())
        body["error"]["fbtrace_id"] = self._trace(call)
        return status, body

    def _perform(self, call: Call) -> Any:
        remote, method = self.remote, call.request.method
        if call.kind == "buy_token":
            return buy_token(remote, call.sent)
        token = authorize(remote, call.token)
        if call.unverified is not None:
            raise call.unverified
        if call.kind == "batch":
            return play_batch(self, call)
        if call.kind == "debug_token":
            return inspect(remote, call.sent.needed("input_token"))
        edge = (method, call.edge or "")
        if call.kind == "account" or edge in _ACCOUNT_EDGES:
            return self._on_account(call, token)
        if call.kind == "unknown":
            raise Refusal(100, 33, id=call.target, method=method.lower())
        scope = MESSAGING if call.kind == "send" else MANAGEMENT
        number = number_for(remote, token, call.target, scope=scope, method=method)
        count_call(remote, remote.accounts[number.account])
        if call.kind == "read":
            return read_number(remote, number, call.sent.text("fields"))
        if call.kind == "override":
            return remote.override(number, token.app, call.sent)
        return getattr(remote, call.kind)(number, call.sent)

    def _override(self, call: Call) -> tuple[str, str] | None:
        """Where to shake hands; None where the call is refused without it, or names no address."""
        remote = self.remote
        with self.lock:
            try:
                token = authorize(remote, call.token)
                number = remote.numbers.get(call.target)
                account = remote.accounts.get(number.account if number else call.target)
                return remote.override_of(account, token.app, call.sent) if account else None
            except Refusal:
                return None

    def _on_account(self, call: Call, token: Token) -> Any:
        remote, sent = self.remote, call.sent
        account = account_for(remote, token, call.target, scope=MANAGEMENT, method=call.request.method, edge=call.edge)
        count_call(remote, account)
        if call.kind == "account":
            return read_account(remote, account, sent.text("fields"))
        if call.kind == "list":
            return self._list(call, account)
        if call.kind == "create":
            return remote.create(account, sent)
        if call.kind == "subscribe":
            return remote.subscribe(account, token.app, sent)
        if call.kind == "unsubscribe":
            return remote.unsubscribe(account, token.app)
        return remote.subscriptions(account)

    def _list(self, call: Call, account: Account) -> dict[str, Any]:
        """A page of the account's numbers; the links carry the token, as the real ones do."""
        sent = call.sent
        limit = _limit(sent.text("limit"))
        before = sent.text("before")
        page = self.remote.page(
            account,
            after=_place(sent.text("after")) or 0,
            before=_place(before),
            limit=limit,
        )
        fields = sent.text("fields")
        found: dict[str, Any] = {"data": [read_number(self.remote, number, fields) for number in page]}
        if not page:
            return found
        first, last = page[0].place, page[-1].place
        paging: dict[str, Any] = {"cursors": {"before": _cursor(first), "after": _cursor(last)}}
        common = {"access_token": call.token or "", "limit": str(limit)} | ({"fields": fields} if fields else {})
        link = f"{call.request.origin}/v{call.request.version()}/{account.id}/phone_numbers?"
        if self.remote.page(account, after=last, before=None, limit=1):
            paging["next"] = link + urlencode(common | {"after": _cursor(last)})
        if self.remote.page(account, after=0, before=first, limit=1):
            paging["previous"] = link + urlencode(common | {"before": _cursor(first)})
        found["paging"] = paging
        return found

    def _faulty_error(self, call: Call, fault: Fault) -> tuple[int, Any]:
        given = fault.error
        if isinstance(given, int):
            refusal = Refusal(given)
            refusal.values = self._blanks(call)
            return self._refused(call, refusal)
        if given is None or "error" in given:
            return 400, given
        fields = dict(given)
        code, subcode = int(fields.pop("code", 1)), fields.pop("subcode", fields.pop("error_subcode", None))
        http, details = fields.pop("http_status", None), fields.pop("details", None)
        refusal = Refusal(code, subcode, wait=fields.pop("wait_seconds", None))
        refusal.values = self._blanks(call)
        status, body = self._refused(call, refusal)
        body["error"].update(fields)
        if details is not None:
            body["error"]["error_data"] = {"messaging_product": "whatsapp", "details": details}
        return http or status, body

    def _blanks(self, call: Call) -> dict[str, str]:
        """What the table's messages may need, for an error that no rule has raised."""
        now = as_spoken(self.remote.now())
        return {"method": call.request.method.lower(), "id": call.target, "expired": now, "now": now}

    def _compose(self, call: Call, status: int, body: Any, fault: Fault | None) -> Answer:
        entry, doing = call.entry, DOINGS[fault.do] if fault is not None else None
        headers = {
            "content-type": "application/json; charset=UTF-8",
            "date": format_datetime(self.remote.now(), usegmt=True),
            "x-fb-trace-id": self._trace(call),
            "x-fb-request-id": self._trace(call)[1:],
            "facebook-api-version": f"v{call.request.version()}",
        } | usage_headers(self.remote, call.target)
        content = json.dumps(body, ensure_ascii=False).encode()
        if fault is not None and fault.do.startswith("html503"):
            status, content = 503, _PAGE
            headers["content-type"] = "text/html; charset=utf-8"
        elif fault is not None and fault.do == "empty":
            status, content = 200, b""
        elif fault is not None and fault.do == "truncated":
            content = content[: max(1, len(content) * 2 // 3)]
        elif isinstance(body, dict) and isinstance(body.get("error"), dict):
            _note_error(entry, body["error"])
            said = str(body["error"].get("message")).encode("ascii", "replace").decode()
            headers["www-authenticate"] = f'OAuth "Facebook Platform" "invalid_request" "{said}"'
        entry.http_status, entry.fbtrace_id = status, headers["x-fb-trace-id"]
        ending = doing.ending if doing is not None else "delivered"
        entry.delivered = ending == "delivered"
        return Answer(status, headers, content, ending)

    def _trace(self, call: Call) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
        return "A" + "".join(self.remote.chance("trace", call.entry.seq).choices(letters, k=22))


def _note_error(entry: LoggedCall, error: dict[str, Any]) -> None:
    entry.code, entry.subcode = error.get("code"), error.get("error_subcode")
    data = error.get("error_data")
    entry.details = data.get("details") if isinstance(data, dict) else error.get("error_user_msg")


def _limit(text: str | None) -> int:
    if text is None:
        return 25
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise Refusal(100, message="(#100) Param limit must be between 1 and 100")
    return int(text)


def _cursor(place: int) -> str:
    return f"QVFI{place:x}ZD"


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        return int(cursor.removeprefix("QVFI").removesuffix("ZD"), 16)
    except ValueError:
        raise Refusal(131059) from None
