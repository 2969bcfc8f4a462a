"""Signatures of posts: each provider's own published samples, and everything that is not quite one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from linewright.courier_posts import Post, Refused
from linewright.couriers import KINDS, checked_secret, read
from linewright.errors import UsageError
from linewright.secret import Secret

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
AT = str(int(NOW.timestamp()))
URL = "https://lines.example/inbox/otp/main"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
WHSEC = "whsec_" + base64.b64encode(b"k" * 32).decode()
KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def refused(kind: str, secret: str, post: Post, now: datetime = NOW) -> str:
    """Why it is; empty where it is taken."""
    try:
        read(kind, Secret(secret), post, now)
    except Refused as why:
        return why.outcome
    return ""


# Twilio: the worked example of its documentation, and those of its libraries' tests

TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO = {
    "Digits": "1234",
    "CallSid": "CA1234567890ABCDE",
    "To": "+18005551212",
    "Caller": "+14158675309",
    "From": "+14158675309",
}


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (TWILIO_URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://MyCompany.com/myapp.php?foo=1&bar=2", "g9IN/x4Cft2g517EjYvEvM/W7LU="),
        ("https://MyCompany.com:1234/myapp.php?foo=1&bar=2", "PCqOZm8cnu/L6+u5i5fuEd+Iac4="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_twilios_own_samples_are_rightly_signed(url: str, signature: str) -> None:
    """They are calls and no messages, so that they are refused for that, after the signature."""
    post = Post(url, {**FORM, "x-twilio-signature": signature}, urlencode(TWILIO).encode())
    assert refused("twilio", "12345", post) == "unreadable"
    for changed in (
        Post(url + "&x=1", post.headers, post.body),
        Post(url, post.headers, post.body.replace(b"1234", b"9999", 1)),
        Post(url, post.headers, post.body + b"&More=1"),
    ):
        assert refused("twilio", "12345", changed) == "forged"
    assert refused("twilio", "12346", post) == "forged"


def test_twilios_sample_of_a_field_with_several_values() -> None:
    pairs = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    post = Post(TWILIO_URL, {**FORM, "x-twilio-signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU="}, urlencode(pairs).encode())
    assert refused("twilio", "12345", post) == "unreadable"


def test_a_post_of_twilio_cannot_be_cut_anew_to_bring_its_message_under_another_id() -> None:
    """Twilio signs names and values without a sign between them, so that the same signature fits many forms."""
    sid = "SM" + "a" * 32
    form = {"Body": "WhatsApp 123-830", "MessageSid": sid, "NumMedia": "0", "SmsSid": sid, "To": "+15550133006"}
    said = URL + "".join(name + form[name] for name in sorted(form))
    sign = base64.b64encode(hmac.new(b"12345", said.encode(), hashlib.sha1).digest()).decode()
    cut = {**form, "MessageSid": sid + "NumMedia0"}
    del cut["NumMedia"]
    for fields, outcome in ((form, ""), (cut, "unreadable")):
        post = Post(URL, {**FORM, "x-twilio-signature": sign}, urlencode(fields).encode())
        assert refused("twilio", "12345", post) == outcome


# Vonage: the samples of its libraries' tests, whose time is long ago

VONAGE = {"a": "1", "b": "2", "timestamp": "1461605396"}
THEN = datetime.fromtimestamp(1461605396, UTC)


@pytest.mark.parametrize(
    ("sig", "outcome"),
    [
        ("a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24", "unreadable"),
        ("A321E824B9B816BE7C3F28859A31749A098713D39F613C80D455BBAFFAE1CD24", "unreadable"),
        (
            "812a18f76680fa0fe1b8bd9ee1625466ceb1bd96242e4d050d2cfd9a7b40166c"
            "63ed26ec9702168781b6edcf1633db8ff95af9341701004eec3fcf9550572ee8",
            "unreadable",
        ),
        ("6af838ef94998832dbfc29020b564830", "forged"),  # MD5 of the text and the secret
        ("c15c21ced558c93a226c305f58f902f2", "forged"),  # HMAC-MD5
        ("3e19a4e6880fdc2c1426bfd0587c98b9532f0210", "forged"),  # HMAC-SHA1
        ("b321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24", "forged"),
        ("", "unsigned"),
    ],
)
def test_vonages_own_samples(sig: str, outcome: str) -> None:
    for headers, body in (
        (JSON, json.dumps({**VONAGE, "sig": sig}).encode()),
        (FORM, urlencode({**VONAGE, "sig": sig}).encode()),
    ):
        assert refused("vonage", "secret", Post(URL, headers, body), THEN) == outcome
        if outcome == "unreadable":
            assert refused("vonage", "secret", Post(URL, headers, body), THEN + timedelta(minutes=6)) == "stale"


def test_half_a_sign_in_vonages_sig_is_forged() -> None:
    body = json.dumps({**VONAGE, "sig": "\ud800" * 64}).encode()
    assert refused("vonage", "secret", Post(URL, JSON, body), THEN) == "forged"


def test_a_field_of_vonages_that_reads_as_two_is_forged() -> None:
    """Joined, both say the same: without this, whoever has a signed post could hide its fields in one another."""
    fields = {"a": "1", "b": "2", "timestamp": AT}
    said = "".join(f"&{name}={value}" for name, value in fields.items())
    sig = hmac.new(b"secret", said.encode(), hashlib.sha256).hexdigest()
    for sent, outcome in ((fields, "unreadable"), ({"a=1&b": "2", "timestamp": AT}, "forged")):
        assert refused("vonage", "secret", Post(URL, JSON, json.dumps({**sent, "sig": sig}).encode())) == outcome


def test_a_standard_secret_in_the_other_alphabet_is_the_same_key() -> None:
    """Base64 as Python reads it leaves out the signs of the other alphabet: of this one nothing would be left."""
    raw = base64.urlsafe_b64decode("-_-_" * 8)
    kept = checked_secret("generic", Secret("whsec_" + "-_-_" * 8)).open_secret()
    body = json.dumps({"to": "+15550133006", "text": "WhatsApp 123-830"}).encode()
    for key, outcome in ((raw, ""), (b"", "forged")):
        sign = base64.b64encode(hmac.new(key, f"m1.{AT}.".encode() + body, hashlib.sha256).digest()).decode()
        headers = {**JSON, "webhook-id": "m1", "webhook-timestamp": AT, "webhook-signature": f"v1,{sign}"}
        assert refused("generic", kept, Post(URL, headers, body)) == outcome


def token(claims: dict[str, Any], secret: str = "signature-secret", alg: str = "HS256") -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    said = f"{part(json.dumps({'alg': alg, 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"Bearer {said}.{part(hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest())}"


def test_vonages_token_is_of_this_body_and_of_now() -> None:
    body = json.dumps({"message_uuid": "m1", "to": "15550133006", "text": "WhatsApp 123-830"}).encode()
    good = {"iat": int(AT), "payload_hash": hashlib.sha256(body).hexdigest(), "iss": "Vonage"}
    cases = {
        "": token(good),
        "stale": token({**good, "iat": int(AT) - 301}),
        "forged": token({**good, "payload_hash": hashlib.sha256(b"x").hexdigest()}),
    }
    for outcome, bearer in cases.items():
        assert refused("vonage", "signature-secret", Post(URL, {**JSON, "authorization": bearer}, body)) == outcome
    for bearer in (token(good, alg="none"), token(good, secret="other"), "Bearer x", "Bearer a.b.c", "Bearer ..", "x"):
        assert refused("vonage", "signature-secret", Post(URL, {**JSON, "authorization": bearer}, body)) == "forged"
    assert refused("vonage", "s", Post(URL, {**JSON, "authorization": token({"iat": int(AT)}, "s")}, body)) == "forged"


# Telnyx


def telnyx(body: bytes, at: str = AT, key: Ed25519PrivateKey = KEY) -> Post:
    sign = base64.b64encode(key.sign(at.encode() + b"|" + body)).decode()
    return Post(URL, {**JSON, "telnyx-signature-ed25519": sign, "telnyx-timestamp": at}, body)


def test_telnyx_signs_time_and_bytes() -> None:
    payload = {"id": "m1", "to": [{"phone_number": "+15550133006"}], "text": "WhatsApp 123-830"}
    body = json.dumps({"data": {"event_type": "message.received", "payload": payload}}).encode()
    brought = read("telnyx", Secret(PUBLIC), telnyx(body), NOW)
    assert brought is not None
    assert (brought.id, brought.to, brought.sent_at) == ("m1", "+15550133006", None)
    assert refused("telnyx", PUBLIC, telnyx(body, at=str(int(AT) - 301))) == "stale"
    assert refused("telnyx", PUBLIC, telnyx(body, key=Ed25519PrivateKey.generate())) == "forged"
    right = telnyx(body)
    assert refused("telnyx", PUBLIC, Post(URL, right.headers, body + b" ")) == "forged"
    assert (
        refused("telnyx", PUBLIC, Post(URL, {**right.headers, "telnyx-timestamp": str(int(AT) + 1)}, body)) == "forged"
    )
    assert refused("telnyx", PUBLIC, Post(URL, {**right.headers, "telnyx-signature-ed25519": "!"}, body)) == "forged"
    assert refused("telnyx", PUBLIC, Post(URL, JSON, body)) == "unsigned"


def test_another_event_of_telnyx_is_no_message() -> None:
    body = json.dumps({"data": {"event_type": "message.sent", "payload": {}}}).encode()
    assert read("telnyx", Secret(PUBLIC), telnyx(body), NOW) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data":1}', b'{"data":{"payload":[]}}', b"\xff", b"[" * 5_000])
def test_what_is_rightly_signed_may_still_be_unreadable(body: bytes) -> None:
    assert refused("telnyx", PUBLIC, telnyx(body)) == "unreadable"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"id": "m", "to": [], "text": "x"},
        {"id": "m", "to": [{"phone_number": "12"}], "text": "x"},
        {"id": "m", "to": [{"phone_number": "+1555013300x"}], "text": "x"},
        {"id": "", "to": [{"phone_number": "+15550133006"}], "text": "x"},
        {"id": "m" * 501, "to": [{"phone_number": "+15550133006"}], "text": "x"},
        {"id": "m", "to": [{"phone_number": "+15550133006"}], "text": None},
        {"id": 7, "to": [{"phone_number": "+15550133006"}], "text": "x"},
    ],
)
def test_a_message_without_its_parts_is_unreadable(payload: dict[str, Any]) -> None:
    body = json.dumps({"data": {"event_type": "message.received", "payload": payload}}).encode()
    assert refused("telnyx", PUBLIC, telnyx(body)) == "unreadable"


# Generic


def generic(body: bytes, secret: str = WHSEC, at: str = AT) -> Post:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    sign = base64.b64encode(hmac.new(key, f"m1.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": f"v1,{'A' * 43}= v1,{sign}"}
    return Post(URL, {**JSON, **headers}, body)


BODY = json.dumps({"to": "+1 5550133006", "text": "WhatsApp 123-830", "sent_at": "2026-05-04T08:59:00Z"}).encode()


def test_standard_webhooks_and_a_bearer() -> None:
    brought = read("generic", Secret(WHSEC), generic(BODY), NOW)
    assert brought is not None
    assert (brought.id, brought.to, brought.sent_at) == ("m1", "+15550133006", NOW - timedelta(minutes=1))
    assert refused("generic", WHSEC, generic(BODY, at=str(int(AT) - 301))) == "stale"
    assert refused("generic", WHSEC, Post(URL, generic(BODY).headers, BODY + b" ")) == "forged"
    assert refused("generic", WHSEC, generic(BODY, secret="whsec_" + base64.b64encode(b"j" * 32).decode())) == "forged"
    assert refused("generic", WHSEC, Post(URL, JSON, BODY)) == "unsigned"
    assert refused("generic", WHSEC, Post(URL, {**JSON, "authorization": f"Bearer {WHSEC}"}, BODY)) == ""
    assert refused("generic", WHSEC, Post(URL, {**JSON, "authorization": f"Bearer {WHSEC}x"}, BODY)) == "forged"
    assert refused("generic", "a-bearer-token-alone", generic(BODY)) == "forged"


def test_a_message_without_an_id_is_known_by_its_bytes() -> None:
    bearer = {**FORM, "authorization": "Bearer a-bearer-token-alone"}
    body = urlencode({"to": "15550133006", "text": "WhatsApp 123-830"}).encode()
    one = read("generic", Secret("a-bearer-token-alone"), Post(URL, bearer, body), NOW)
    two = read("generic", Secret("a-bearer-token-alone"), Post(URL, bearer, body + b"&x="), NOW)
    assert one is not None
    assert two is not None
    assert one.id != two.id
    assert "123" not in repr(one)


# Anything at all

HEADERS = [
    *("authorization", "content-type", "x-twilio-signature", "telnyx-signature-ed25519", "telnyx-timestamp"),
    *("webhook-id", "webhook-timestamp", "webhook-signature"),
]
WORDS = st.text(max_size=40) | st.sampled_from([AT, "v1,AAAA", "Bearer a.b.c", FORM["content-type"]])
BODIES = st.binary(max_size=80) | st.sampled_from([b'{"sig":"' + b"0" * 64 + b'","a":"\\ud800"}', b"sig=" + b"0" * 64])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(HEADERS), WORDS), BODIES)
def test_whatever_comes_unsigned_is_refused_in_words(kind: str, headers: dict[str, str], body: bytes) -> None:
    secret = {"telnyx": PUBLIC, "generic": WHSEC}.get(kind, "a-secret-of-somebody")
    assert refused(kind, secret, Post(URL, headers, body)) in {"unsigned", "forged", "unreadable"}


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("twilio", "short"),
        ("twilio", ""),
        ("vonage", "with a space in between"),
        ("vonage", "x" * 501),
        ("telnyx", "not-a-key-of-32-bytes-at-all"),
        ("generic", "whsec_short"),
        ("generic", "ünïcode-is-no-secret"),
    ],
)
def test_a_secret_that_cannot_be_one_is_told_without_showing_it(kind: str, secret: str) -> None:
    with pytest.raises(UsageError) as told:
        checked_secret(kind, Secret(secret))
    assert told.value.reason == "inbox-secret"
    assert not secret or secret not in told.value.message + told.value.fix
