"""A service that is killed while posts come in: what it answered is kept, and worked through exactly once."""

from __future__ import annotations

import hashlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.databases import Postgres
from tests.support.processes import Child
from tests.support.street import Street, lived_in, said, until

from linewright.simulator.webhooks import Post
from linewright.store import tables as t
from linewright.store.engine import open_store

ONLINE = "+15550100001"
KILLS, EACH = 3, 60
TRIES_FAR_APART = 4 * 3600
"""Seconds of Meta's clock: what was tried several times while nobody answered is tried again."""


@pytest.fixture(params=["sqlite", "postgresql"])
def street(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Street]:
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        url = server.cleaned()
    yield from lived_in(tmp_path, url)


def rows(street: Street, query: Any) -> list[Any]:
    with closing(open_store(street.database)) as database, database.reading() as connection:
        return list(connection.execute(query).all())


def digest(post: Post) -> str:
    return hashlib.sha256(post.body).hexdigest()


def test_none_is_lost_and_none_counts_twice(street: Street, record_property: Callable[[str, object], None]) -> None:
    simulator, webhooks = street.simulator, street.simulator.face.webhooks
    child, told = street.serve()
    world, port = simulator.world, told["url"].rsplit(":", 1)[1].strip("/")
    world.account.subscribed[world.app.id] = {}
    simulator.control.webhooks.set(callback=f"{told['url'].rstrip('/')}/webhooks/whatsapp/demo", double=0.3)
    answered = set[str]()
    for kill in range(KILLS):
        for place in range(EACH):
            said_of = {"event": "alert", "description": f"{kill}/{place}"}
            simulator.control.webhooks.tell(number=world.numbers[ONLINE].id, **said_of)
        until_delivered(street, child, webhooks.counts["delivered"] + EACH // 4)
        street.stop(child, signal.SIGKILL)
        answered |= {digest(post) for post in webhooks.posts if post.delivered}
        assert answered <= {row.digest for row in rows(street, select(t.webhook_events.c.digest))}
        child = again(street, port)
        simulator.control.advance(TRIES_FAR_APART)
    until(lambda: webhooks.next_at() is None and all(post.delivered for post in webhooks.posts))
    waiting = select(t.webhook_events.c.seq).where(t.webhook_events.c.done_at.is_(None))
    until(lambda: not rows(street, waiting))
    street.stop(child)
    events = rows(street, select(t.webhook_events.c.digest))
    assert Counter(row.digest for row in events) == dict.fromkeys({digest(post) for post in webhooks.posts}, 1)
    happened = Counter(row.detail["description"] for row in rows(street, select(t.happenings.c.detail)))
    assert happened == {f"{kill}/{place}": 1 for kill in range(KILLS) for place in range(EACH)}
    repeated = sum(post.tries > 1 for post in webhooks.posts)
    assert repeated
    record_property("killed", f"{KILLS} kills, {len(webhooks.posts)} posts, {repeated} sent again")


def until_delivered(street: Street, child: Child, count: int) -> None:
    webhooks = street.simulator.face.webhooks
    until(lambda: webhooks.counts["delivered"] >= count, lambda: said(child, "err"))


def again(street: Street, port: str) -> Child:
    """The next service, at the same address."""
    child = street.begin("serve", "--port", port, "--json")
    until(lambda: said(child, "out").rstrip().endswith("}"), lambda: said(child, "err"))
    return child
