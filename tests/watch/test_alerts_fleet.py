"""Many accounts at once: every number's change is told once, in one alert for each account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from linewright.store import tables as t
from linewright.store.engine import Database
from linewright.store.store import Store
from linewright.vault import Vault, new_key

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACCOUNTS, EACH = 40, 50


def numbers() -> list[tuple[str, str]]:
    """Id and account of each."""
    return [(f"{account:03}{place:04}", f"a{account:02}") for account in range(ACCOUNTS) for place in range(EACH)]


def furnish(database: Database) -> None:
    """Accounts and numbers as a fleet check has left them, every number online."""
    with database.writing() as connection:
        connection.execute(
            insert(t.accounts),
            [{"name": f"a{n:02}", "waba": str(n), "token": b"", "added_at": START} for n in range(ACCOUNTS)],
        )
        connection.execute(insert(t.checks), [{"account": f"a{n:02}", "next_at": START} for n in range(ACCOUNTS)])
        connection.execute(
            insert(t.numbers),
            [
                {
                    "id": id,
                    "e164": f"+1{id}",
                    "account": account,
                    "added_at": START,
                    "standing": "online",
                    "last_good": n,
                }
                for n, (id, account) in enumerate(numbers(), 1)
            ],
        )
        connection.execute(
            insert(t.readings),
            [
                {"seq": n, "number": id, "at": START, "good": True, "facts": {}}
                for n, (id, _) in enumerate(numbers(), 1)
            ],
        )
        kept = {"type": "Registered", "message": "It is not registered.", "fix": None, "since": START}
        connection.execute(
            insert(t.conditions),
            [{"number": id, "status": "true", "reason": "online"} | kept for id, _ in numbers()],
        )


def checked(database: Database, at: datetime, **condition: Any) -> None:
    """A check of everything that showed this."""
    with database.writing() as connection:
        connection.execute(update(t.checks).values(listed_at=at))
        connection.execute(update(t.readings).values(at=at))
        connection.execute(update(t.conditions).values(condition))


def test_two_thousand_numbers_in_forty_accounts(database: Database) -> None:
    furnish(database)
    store = Store(database, Vault(new_key()))
    told = []
    for check in range(8):
        now = START + check * timedelta(minutes=15)
        offline = 2 <= check < 5
        checked(database, now, status="false" if offline else "true", reason="offline" if offline else "online")
        due = store.changes.due()
        assert len(due) == ACCOUNTS
        told.append(sum(store.changes.look(account, now) for account in due))
        assert sum(store.changes.look(account, now) for account in due) == 0
        assert store.changes.due() == []
    assert told == [0, 0, 0, 2_000, 0, 0, 2_000, 0]
    with database.reading() as connection:
        alerts = connection.execute(select(t.alerts.c.kind, t.alerts.c.account, t.alerts.c.title)).all()
        assert connection.execute(select(t.changes)).all() == []
    assert len(alerts) == len({(kind, account) for kind, account, _ in alerts}) == 2 * ACCOUNTS
    assert {title.split(" of ")[0] for _, _, title in alerts} == {"50 numbers"}
