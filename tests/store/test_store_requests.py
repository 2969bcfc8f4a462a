"""Requests that are answered once, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import select

from linewright.secret import Secret
from linewright.store import tables as t
from linewright.store.requests import Begun, Kept, Refusal
from linewright.store.store import Store

WHO = Secret("lwt_program")


def test_one_of_many_that_come_together_begins(store: Store, now: datetime) -> None:
    store.requests.begin(WHO, "warm", b"", now)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: store.requests.begin(WHO, "key", b"body", now), range(8)))
    assert [type(each) for each in found].count(Begun) == 1
    assert all(each == Refusal(reused=False) for each in found if not isinstance(each, Begun))


def test_an_answer_is_kept_for_its_caller_and_body(store: Store, now: datetime) -> None:
    begun = store.requests.begin(WHO, "key", b"body", now)
    assert isinstance(begun, Begun)
    store.requests.finish(begun, 201, {"body": {"id": "op-1"}})
    later = now + timedelta(hours=23)
    assert store.requests.begin(WHO, "key", b"body", later) == Kept(201, {"body": {"id": "op-1"}})
    assert store.requests.begin(WHO, "key", b"other", later) == Refusal(reused=True)
    assert isinstance(store.requests.begin(Secret("lwt_other"), "key", b"other", later), Begun)
    assert isinstance(store.requests.begin(WHO, "key", b"other", now + timedelta(hours=24)), Begun)


def test_what_died_on_its_way_is_taken_over_and_cannot_answer_any_more(store: Store, now: datetime) -> None:
    dead = store.requests.begin(WHO, "key", b"body", now)
    heir = store.requests.begin(WHO, "key", b"body", now + timedelta(minutes=1))
    assert isinstance(dead, Begun)
    assert isinstance(heir, Begun)
    store.requests.finish(dead, 500, {"body": "late"})
    store.requests.release(dead)
    assert store.requests.begin(WHO, "key", b"body", now + timedelta(seconds=90)) == Refusal(reused=False)
    store.requests.finish(heir, 200, None)
    assert store.requests.begin(WHO, "key", b"body", now + timedelta(seconds=91)) == Kept(200, None)


def test_a_released_key_is_free(store: Store, now: datetime) -> None:
    begun = store.requests.begin(WHO, "key", b"body", now)
    assert isinstance(begun, Begun)
    store.requests.release(begun)
    assert isinstance(store.requests.begin(WHO, "key", b"another", now), Begun)


def test_neither_caller_nor_body_can_be_read_from_it(store: Store, now: datetime) -> None:
    store.requests.begin(WHO, "key", b'{"pin": "246810"}', now)
    store.requests.begin(WHO, "two", b'{"pin": "246810"}', now + timedelta(hours=25))
    with store.database.reading() as connection:
        rows = connection.execute(select(t.requests)).mappings().all()
    assert [row["key"] for row in rows] == ["two"]
    assert "246810" not in str(rows)
    assert "lwt_program" not in str(rows)
