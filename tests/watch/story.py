"""The fleet of 2,000 numbers under watch: webhooks are lost, doubled and late, the service is away for a while, and
at the end what is shown is what is true, and each real change was told once.

python -m tests.watch.story [--seed N] [--database URL]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update
from tests.support.fleet_stage import FleetStage, fleet_stage
from tests.support.fleet_truth import SIZES, shown_of, true_of
from tests.watch.troubles import FLAPS, FREE, TROUBLES, Trouble

from linewright.alerts import Alerts
from linewright.domain.number import Wanted
from linewright.secret import Secret
from linewright.service.app import create_app
from linewright.simulator.truth import Account, Number
from linewright.store import tables as t
from linewright.webhooks import Intake

__all__ = ["SEED", "Told", "lived"]

SEED = 20260302
CHANGED = 300
BEGINS, LASTS, ENDS = 70, (40, 55), 190
"""Minutes: troubles begin in the first so many, those that go over last so long, and the story ends then."""
AWAY = (20, 32)
"""The minutes in which nobody answers Meta."""
UNKIND: dict[str, Any] = {"lose": 0.2, "double": 0.2, "delay_seconds": [0, 1_200], "shuffle": True, "batch": 5}
HOST = "http://service.example"
STEP = timedelta(seconds=30)


BY_HAND = ("PIN changed", "disconnected by its owner", "certificate", "not heard of")
"""What is done by a method of the story; the last one is a message that fails now and then, and nothing else."""


@dataclass
class Told:
    """What the story came to; `wrong` are the states that are not as they are at Meta, `told_wrong` the numbers that
    people were told of more, less or otherwise than there was to tell."""

    seed: int
    numbers: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    webhooks: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    checks: int = 0
    alerts: int = 0
    items: int = 0
    expected: int = 0
    made_good: int = 0
    wrong: list[tuple[str, ...]] = field(default_factory=list)
    told_wrong: list[tuple[Any, ...]] = field(default_factory=list)
    writes: int = 0

    def lines(self) -> list[str]:
        flaps = sum(self.happened[name] for name in FLAPS)
        real = sum(self.happened.values()) - flaps
        return [
            f"seed {self.seed}: {self.numbers:,} numbers in {len(SIZES)} accounts; {real} changed, {flaps} flapped",
            f"webhooks: {self.webhooks}; as posts: {self.posts}; listings: {self.checks:,}",
            f"to be told: {self.expected}; told: {self.items} in {self.alerts} alerts; {self.made_good} of numbers of "
            f"which a webhook was lost; told wrongly: {len(self.told_wrong)}; "
            f"states shown wrongly: {len(self.wrong)}; writes at Meta: {self.writes}",
            f"what happened: {dict(sorted(self.happened.items()))}",
        ]


class Door(httpx.AsyncBaseTransport):
    """The way to the service, which may be away."""

    def __init__(self, app: Any) -> None:
        self._to = httpx.ASGITransport(app=app)
        self.away = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody answers", request=request)
        return await self._to.handle_async_request(request)


class Story:
    """What happens to the fleet, drawn from the seed alone."""

    def __init__(self, stage: FleetStage, seed: int) -> None:
        self.stage = stage
        self.chance = random.Random(seed)
        self.told = Told(seed)
        self.began = stage.clock.now()
        self.door = Door(create_app(stage.lw, public_url=HOST))
        self.intake, self.alerts = Intake(stage.lw.office), Alerts(stage.lw.office)
        self.numbers: dict[str, Number] = {}
        self.wanted: dict[str, bool] = {}
        self.lots: dict[str, str] = {}
        self.expects: dict[str, list[tuple[str, str]]] = {}

    # What happens

    def at(self, minute: float, what: Callable[[], object]) -> None:
        self.stage.clock.plan(self.began + timedelta(minutes=minute), what)

    def deal(self) -> None:
        """Draws the numbers that change, and what becomes of each."""
        names = [*TROUBLES, *FLAPS, *BY_HAND]
        changed = self.chance.sample(sorted(self.numbers), CHANGED)
        self.lots = {id: names[place % len(names)] for place, id in enumerate(changed)}
        self.told.happened.update(self.lots.values())

    def begin(self) -> None:
        for id, name in self.lots.items():
            minute = self.chance.uniform(0, BEGINS)
            if name in TROUBLES:
                self._trouble(id, TROUBLES[name], minute, self.chance.uniform(*LASTS))
            elif name in FLAPS:
                self._trouble(id, FLAPS[name], minute, self.chance.uniform(2, 9))
            else:
                {
                    "PIN changed": self._pin_changed,
                    "disconnected by its owner": self._disconnected,
                    "certificate": self._certificate,
                    "not heard of": self._nothing,
                }[name](id, minute)
        for minute, away in zip(AWAY, (True, False), strict=True):
            self.at(minute, lambda away=away: setattr(self.door, "away", away))  # type: ignore[misc]  # a default binds

    def _trouble(self, id: str, trouble: Trouble, minute: float, lasts: float) -> None:
        door, truth = self.stage.door, dict(trouble.truth)
        if trouble.back == FREE:
            truth["restricted_until"] = 60 * lasts
        self.at(minute, lambda: door.change_number(id, **truth))
        if trouble.back is not None:
            back = trouble.back
            self.at(minute + lasts, lambda: door.change_number(id, **back))
        warns = trouble.warns if self.wanted[id] or not trouble.careful else None
        if warns:
            self.expects[id] = [("warning", warns)] + ([("recovered", warns)] if trouble.back else [])

    def _pin_changed(self, id: str, minute: float) -> None:
        self.at(minute, lambda: self.stage.door.manage(id, pin="246810"))
        self.expects[id] = [("warning", "pin-changed")]

    def _disconnected(self, id: str, minute: float) -> None:
        self.at(minute, lambda: self.stage.door.manage(id, disconnect=True))
        self.expects[id] = [("warning", "offline")]

    def _certificate(self, id: str, minute: float) -> None:
        """Reads online, and no message goes out any more."""
        self.at(minute, lambda: self.stage.door.change_number(id, certificate_fault=True))
        for later in range(0, 100, 20):
            fails: dict[str, Any] = {"number": id, "event": "message-failed", "code": 131045}
            self.at(minute + later, lambda fails=fails: self.stage.door.webhooks.tell(**fails))  # type: ignore[misc]
        self.expects[id] = [("warning", "heard-131045")]

    def _nothing(self, id: str, minute: float) -> None:
        """Other webhooks, of which there is nothing to tell."""
        for event in ("capability", "review", "alert"):
            words: dict[str, Any] = {"number": id, "event": event}
            self.at(minute, lambda words=words: self.stage.door.webhooks.tell(**words))  # type: ignore[misc]

    # Life

    async def live(self, minutes: float) -> None:
        """As a worker and a service do, until so many minutes after the beginning."""
        stage, ends = self.stage, self.began + timedelta(minutes=minutes)
        async with httpx.AsyncClient(transport=self.door) as meta:
            while True:
                await stage.simulator.face.webhooks.deliver_due(meta)
                await self.intake.run_due()
                await stage.fleet.run_due()
                await self.alerts.run_due()
                if (now := stage.clock.now()) >= ends:
                    return
                moments = [stage.store.checks.next_at(), stage.simulator.face.webhooks.next_at()]
                comes = min(each for each in [*moments, now + STEP, ends] if each is not None)
                stage.clock.jump_to(max(comes, now + timedelta(seconds=1)))

    # The end

    def judge(self) -> Told:
        told, stage = self.told, self.stage
        told.numbers = len(self.numbers)
        self._judge_states()
        self._judge_alerts()
        state = stage.simulator.face.webhooks.state()
        told.webhooks = {name: state[name] for name in ("told", "lost", "doubled", "delivered", "letters", "to_repeat")}
        tallies = Counter[str]()
        for line in stage.store.accounts.all():
            tallies.update(
                {outcome: each.count for outcome, each in stage.store.webhooks.tallies(line.account.name).items()}
            )
        told.posts, told.checks = dict(tallies), len(stage.calls("list"))
        told.writes = len(stage.calls("register", "deregister", "set_pin", "request_code", "verify_code"))
        return told

    def _judge_states(self) -> None:
        for id, number in self.numbers.items():
            truth = true_of(self.stage, number) | {"TokenValid": "true"}
            if self.lots.get(id) == "name approved":
                truth["NameApproved"] = "false"  # until it is registered again, within 14 days
            if self.lots.get(id) == "certificate" and not self._unheard(id):
                truth["CanSend"] = "false"
            shown = shown_of(self.stage, number, truth)
            self.told.wrong += [
                (id, self.lots.get(id, "-"), what, truth[what], shown[what])
                for what in truth
                if truth[what] != shown[what]
            ]

    def _judge_alerts(self) -> None:
        found = defaultdict[str | None, list[tuple[str, str]]](list)
        with self.stage.store.database.reading() as connection:
            rows = connection.execute(select(t.alerts).order_by(t.alerts.c.at, t.alerts.c.id)).mappings().all()
        self.told.alerts = len(rows)
        for row in rows:
            for item in row["items"]:
                found[item["number"]["id"] if item["number"] else None].append((row["kind"], item["reason"]))
        lost = {id for id, _ in self.stage.simulator.face.webhooks.lost}
        for id in {*self.numbers, *found}:
            expected = self._expected(id)
            self.told.expected += len(expected)
            self.told.items += len(found[id])
            self.told.made_good += bool(expected and id in lost and found[id])
            if not _fits(found[id], expected, self.lots.get(id or "")):
                self.told.told_wrong.append((id, self.lots.get(id or "", "-"), expected, found[id]))

    def _expected(self, id: str | None) -> list[tuple[str, str]]:
        """What nothing but a webhook can tell is not told where all of them were lost."""
        only_heard = self.lots.get(id or "") in ("PIN changed", "certificate")
        return [] if id is None or (only_heard and self._unheard(id)) else self.expects.get(id, [])

    def _unheard(self, id: str) -> bool:
        lost = [each for each, told in self.stage.simulator.face.webhooks.lost if each == id]
        return len(lost) == {"PIN changed": 1, "certificate": 5}[self.lots[id]]


def _fits(found: Sequence[tuple[str, str]], expected: Sequence[tuple[str, str]], lot: str | None) -> bool:
    """Whether people were told this, and once. Of a number that its owner took away it may be either side of it."""
    if lot == "disconnected by its owner":
        return list(found) in ([("warning", "offline")], [("warning", "partner-removed")])
    return list(found) == list(expected)


async def lived(home: Path, seed: int = SEED, database_url: str = "") -> Told:
    """The whole story, in virtual time."""
    async with fleet_stage(home, database_url, seed=seed) as stage:
        story = Story(stage, seed)
        app = next(iter(stage.remote.apps.values()))
        for place, size in enumerate(SIZES):
            await _taken_in(story, f"a{place}", stage.at_remote(size), app.secret)
        story.deal()
        for id, name in story.lots.items():
            if name == "name approved":
                stage.remote.change(story.numbers[id], {"name_status": "PENDING_REVIEW"})
        _want(story)
        await story.live(0)
        stage.door.webhooks.set(**UNKIND)
        story.begin()
        await story.live(ENDS)
        return story.judge()


async def _taken_in(story: Story, name: str, made: tuple[Account, list[Number]], secret: str) -> None:
    stage, (account, numbers) = story.stage, made
    for app in account.subscribed:
        account.subscribed[app] = {"override_callback_uri": f"{HOST}/webhooks/whatsapp/{name}"}
    stage.tokens[name] = stage.door.add_token([account.id])
    await stage.lw.add_account(name, account.id, Secret(stage.tokens[name].text), app_secret=Secret(secret))
    story.numbers |= {number.id: number for number in numbers}


def _want(story: Story) -> None:
    """Every fifth number was never brought online by anybody here."""
    story.wanted = {id: place % 5 != 0 for place, id in enumerate(sorted(story.numbers))}
    online = [id for id, wanted in story.wanted.items() if wanted]
    with story.stage.store.database.writing() as connection:
        some = update(t.numbers).where(t.numbers.c.id.in_(online))
        connection.execute(some.values(wanted=Wanted.ONLINE.value))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--database", default="", help="URL of an empty database; SQLite where none is named")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(lived(Path(folder) / "home", given.seed, given.database))
    lines = [*told.lines(), *(f"WRONG {wrong}" for wrong in [*told.wrong, *told.told_wrong])]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
