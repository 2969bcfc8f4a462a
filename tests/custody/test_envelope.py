"""The sealed list: opened by its passphrase alone, and by anybody who has the description of its format."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.support.search import Search

from linewright.envelope import Entry, fit_passphrase, is_envelope, opened, sealed
from linewright.errors import UsageError
from linewright.secret import Secret

WORDS = Secret("copper lantern réglisse forty")
ENTRIES = [
    Entry(e164="+15550100001", pin=Secret("204857"), state="accepted", since="2026-03-02T09:00:00Z"),
    Entry(e164="+15550100002", pin=Secret("058213"), state="pending"),
]


@pytest.fixture(scope="module")
def whole() -> bytes:
    return sealed(ENTRIES, WORDS)


def test_it_opens_with_its_passphrase_and_holds_no_pin_in_clear(whole: bytes) -> None:
    text = Secret(whole.decode())
    assert is_envelope(text)
    assert opened(text, WORDS) == ENTRIES
    search = Search({WORDS.open_secret(), "15550100001"}, {"204857", "058213"})
    search.look("the export", whole)
    assert search.found == set()


def test_another_keyboard_writes_the_same_passphrase(whole: bytes) -> None:
    assert opened(Secret(whole.decode()), Secret("copper lantern re\u0301glisse forty")) == ENTRIES


def test_anybody_opens_it_by_the_description_of_the_format(whole: bytes) -> None:
    document = json.loads(whole)
    raw = {name: base64.b64decode(text) for name, text in (
        ("salt", document["kdf"]["salt"]), ("nonce", document["cipher"]["nonce"]), ("sealed", document["sealed"])
    )}  # fmt: skip
    key = hashlib.scrypt(
        "copper lantern réglisse forty".encode(), salt=raw["salt"], n=2**17, r=8, p=1, dklen=32, maxmem=2**28
    )
    head = {name: value for name, value in document.items() if name != "sealed"}
    beside = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    inside = json.loads(AESGCM(key).decrypt(raw["nonce"], raw["sealed"], beside))
    assert inside["items"][1] == {"e164": "+15550100002", "pin": "058213", "state": "pending", "since": None}


def refused(document: Any, passphrase: Secret = WORDS) -> str:
    with pytest.raises(UsageError) as error:
        opened(Secret(json.dumps(document)), passphrase)
    assert "204857" not in error.value.message
    return error.value.reason


def test_a_wrong_passphrase_and_a_changed_file_open_nothing(whole: bytes) -> None:
    document = json.loads(whole)
    assert refused(document, Secret("copper lantern reglisse forty")) == "passphrase"
    assert refused(document | {"note": "added"}) == "passphrase"
    body = base64.b64decode(document["sealed"])
    changed = base64.b64encode(bytes([body[0] ^ 1]) + body[1:]).decode()
    assert refused(document | {"sealed": changed}) == "passphrase"


def test_what_is_damaged_or_would_take_the_memory_is_not_tried(whole: bytes) -> None:
    document = json.loads(whole)
    kdf, cipher = document["kdf"], document["cipher"]
    for broken in (
        document | {"version": 2},
        {"format": document["format"], "version": 1},
        document | {"sealed": "%%%"},
        document | {"kdf": kdf | {"n": 2**30}},
        document | {"kdf": kdf | {"n": 2**17 + 1}},
        document | {"kdf": kdf | {"n": 2}},
        document | {"kdf": kdf | {"r": 64}},
        document | {"kdf": kdf | {"name": "none"}},
        document | {"cipher": cipher | {"nonce": ""}},
        document | {"kdf": 7},
        document | {"kdf": kdf | {"n": float("inf")}},
        document | {"kdf": kdf | {"n": 2**17 + 0.5}},
        document | {"kdf": kdf | {"n": str(2**17)}},
    ):
        assert refused(broken) == "sealed-export"


@pytest.mark.parametrize(
    "inside",
    [
        "[]",
        '{"items": ["+15550100001"]}',
        '{"items": [["+15550100001"]]}',
        '{"items": "204857"}',
        '{"items": [{"e164": null, "pin": "204857"}]}',
        '{"items": [{"e164": "+15550100001", "pin": ["204857"]}]}',
        '{"items": ' + "[" * 100_000,
    ],
)
def test_another_tools_list_that_opens_and_is_none_is_refused_in_words(whole: bytes, inside: str) -> None:
    document = json.loads(whole)
    kdf = document["kdf"] | {"n": 2**14}
    head = {name: value for name, value in document.items() if name != "sealed"} | {"kdf": kdf}
    key = hashlib.scrypt(
        WORDS.open_secret().encode(), salt=base64.b64decode(kdf["salt"]), n=2**14, r=8, p=1, dklen=32, maxmem=2**28
    )
    beside = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    body = AESGCM(key).encrypt(base64.b64decode(head["cipher"]["nonce"]), inside.encode(), beside)
    assert refused(head | {"sealed": base64.b64encode(body).decode()}) == "sealed-export"


def test_a_passphrase_of_broken_bytes_seals_nothing_and_opens_nothing(whole: bytes) -> None:
    broken = Secret("copper lantern \udce9glisse")
    with pytest.raises(UsageError) as error:
        sealed(ENTRIES, broken)
    assert error.value.reason == "passphrase"
    assert refused(json.loads(whole), broken) == "passphrase"


@pytest.mark.parametrize("weak", ["", "short", "eleven char", "aaaaaaaaaaaaaaaa", "abababababababab"])
def test_a_weak_passphrase_seals_nothing(weak: str) -> None:
    with pytest.raises(UsageError) as error:
        fit_passphrase(Secret(weak))
    assert error.value.reason == "passphrase"
    with pytest.raises(UsageError):
        sealed(ENTRIES, Secret(weak))
