"""The remote's webhooks: to whom a change is told, how kindly, and how often it is tried again.

An app has one callback address; an app's subscription to an account may override it, and a number may override
that. Each post is signed with the app's secret over its raw bytes. A receiver that does not answer 200 hears it
again, at times that grow apart on the remote's clock, for a day and a half.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from linewright.simulator.codes import Refusal
from linewright.simulator.events import EVENTS, Scene, Told
from linewright.simulator.truth import Account, App, Number
from linewright.simulator.world import World

__all__ = ["AGAIN_SECONDS", "Post", "Unkindness", "Webhooks", "handshake", "signature"]

AGAIN_SECONDS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 18 * 3600)
"""From each failed try to the next: a day and a half in all."""
PATIENCE_SECONDS = 10.0
"""Real: so long a receiver may take to answer."""
MOST_CHANGES = 1000


@dataclass
class Unkindness:
    """How webhooks go wrong. `lose` and `double` are shares of the changes told, from 0 to 1; `delay_seconds` the
    least and the most that each copy is late, on the remote's clock; `shuffle` mixes what is due at the same time;
    `batch` is how many changes one post carries at most."""

    lose: float = 0.0
    double: float = 0.0
    delay_seconds: tuple[float, float] = (0.0, 0.0)
    shuffle: bool = False
    batch: int = 1

    def __post_init__(self) -> None:
        self.delay_seconds = (float(self.delay_seconds[0]), float(self.delay_seconds[-1]))
        if not (0 <= self.lose <= 1 and 0 <= self.double <= 1):
            raise ValueError("lose and double are shares from 0 to 1")
        if not 0 <= self.delay_seconds[0] <= self.delay_seconds[1]:
            raise ValueError("delay_seconds are the least and the most")
        if not 1 <= self.batch <= MOST_CHANGES:
            raise ValueError(f"a post carries 1 to {MOST_CHANGES} changes")


@dataclass(order=True)
class _Letter:
    """One copy of one change on its way."""

    due: datetime
    seq: int
    app: str = field(compare=False)
    account: str = field(compare=False)
    number: str | None = field(compare=False)
    told: Told = field(compare=False)
    at: datetime = field(compare=False)


@dataclass
class Post:
    """One request to a receiver. `tries` have been made; `status` is the last answer, None without one."""

    seq: int
    url: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    changes: int
    due: datetime
    tries: int = 0
    status: int | None = None
    delivered: bool = False


class Webhooks:
    """What is told, on its way, delivered and lost. Nothing leaves by itself: a carrier calls `deliver_due`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unkindness = Unkindness()
        self.posts: list[Post] = []
        self.counts: Counter[str] = Counter()
        self.lost: list[tuple[str | None, Told]] = []
        """What nobody will ever hear, each with its number."""
        self._letters: list[_Letter] = []
        self._waiting: list[Post] = []
        self._seq = itertools.count(1)
        self._lock = threading.Lock()

    def tell(self, account: str, told: Told, number: Number | None = None) -> None:
        """Something changed: every subscribed app hears of it, unless it is lost on the way."""
        with self._lock:
            for app in self.world.accounts[account].subscribed:
                self._send(app, account, told, number)

    def happens(self, name: str, account: Account, number: Number | None = None, **words: Any) -> Told:
        """Tell an event by its name (see `EVENTS`). Raises `KeyError` for an unknown one, `ValueError` or `TypeError`
        for words that do not fit it. `at` is when it happened or will."""
        at = words.pop("at", None)
        told = EVENTS[name](Scene(at or self.world.now(), account, number), **words)
        told = Told(told.field, told.value, at)
        self.tell(account.id, told, number)
        return told

    def address(self, app: App, account: str, number: str | None) -> str | None:
        """Where this app hears of it: the number's override, else the account's, else the app's own callback."""
        line = self.world.numbers.get(number or "")
        of_number = line.callbacks.get(app.id) if line is not None else None
        of_account = self.world.accounts[account].subscribed.get(app.id, {}).get("override_callback_uri")
        return of_number or of_account or app.callback

    def next_at(self) -> datetime | None:
        """When the next post is due, or None when nothing is on its way."""
        with self._lock:
            moments = [each.due for each in self._letters] + [each.due for each in self._waiting]
            return min(moments, default=None)

    def due(self) -> list[Post]:
        """The posts whose time has come, new ones and repeated ones; whoever takes them reports with `answered`."""
        with self._lock:
            now = self.world.now()
            letters = sorted(each for each in self._letters if each.due <= now)
            self._letters = [each for each in self._letters if each.due > now]
            again = [each for each in self._waiting if each.due <= now]
            self._waiting = [each for each in self._waiting if each.due > now]
            if self.unkindness.shuffle and letters:
                self.world.chance("shuffle", letters[0].seq).shuffle(letters)
            return again + self._posts(letters)

    def answered(self, post: Post, status: int | None) -> None:
        """What the receiver said (None: nothing). Other than 200 it hears the same bytes again."""
        with self._lock:
            post.status, post.tries = status, post.tries + 1
            if status == 200:
                post.delivered = True
                self.counts["delivered"] += 1
            elif post.tries > len(AGAIN_SECONDS):
                self.counts["given up"] += 1
            else:
                post.due = self.world.now() + timedelta(seconds=AGAIN_SECONDS[post.tries - 1])
                self._waiting.append(post)

    async def deliver_due(self, client: httpx.AsyncClient, *, together: int = 1) -> int:
        """Send what is due, so many side by side, and return how many were sent."""
        posts = self.due()
        left = iter(posts)

        async def carry() -> None:
            for post in left:
                self.answered(post, await _status(client, post))

        await asyncio.gather(*(carry() for _ in range(together)))
        return len(posts)

    def state(self) -> dict[str, Any]:
        """What became of the changes told so far."""
        with self._lock:
            waiting = {"letters": len(self._letters), "to_repeat": len(self._waiting)}
            told = {name: self.counts[name] for name in ("told", "lost", "doubled", "delivered", "given up", "nowhere")}
            return asdict(self.unkindness) | waiting | {name.replace(" ", "_"): n for name, n in told.items()}

    def _send(self, app: str, account: str, told: Told, number: Number | None) -> None:
        self.counts["told"] += 1
        unkind, chance = self.unkindness, self.world.chance("webhook", app, account, self.counts["told"])
        if chance.random() < unkind.lose:
            self.counts["lost"] += 1
            self.lost.append((number.id if number else None, told))
            return
        doubled = chance.random() < unkind.double
        self.counts["doubled"] += doubled
        at = told.at or self.world.now()
        for _ in range(1 + doubled):
            late = timedelta(seconds=chance.uniform(*unkind.delay_seconds))
            letter = _Letter(at + late, next(self._seq), app, account, number.id if number else None, told, at)
            self._letters.append(letter)

    def _posts(self, letters: Sequence[_Letter]) -> list[Post]:
        """Letters to one address about one account together, as many in a post as `batch` allows."""
        found, bundles = [], dict[tuple[str, str, str], list[_Letter]]()
        for letter in letters:
            url = self.address(self.world.apps[letter.app], letter.account, letter.number)
            if url is None:
                self.counts["nowhere"] += 1
                continue
            bundle = bundles.setdefault((url, letter.app, letter.account), [])
            bundle.append(letter)
            if len(bundle) == self.unkindness.batch:
                found.append(self._post(url, letter.app, bundles.pop((url, letter.app, letter.account))))
        return found + [self._post(url, app, bundle) for (url, app, _), bundle in bundles.items()]

    def _post(self, url: str, app: str, letters: Sequence[_Letter]) -> Post:
        entries: list[dict[str, Any]] = []
        for letter in letters:
            change, at = {"value": letter.told.value, "field": letter.told.field}, int(letter.at.timestamp())
            if entries and entries[-1]["time"] == at:
                entries[-1]["changes"].append(change)
            else:
                entries.append({"id": letter.account, "time": at, "changes": [change]})
        # Meta writes characters beyond ASCII as \\u escapes, in lower case, and signs exactly these bytes.
        body = json.dumps({"object": "whatsapp_business_account", "entry": entries}, separators=(",", ":")).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "facebookexternalua",
            "x-hub-signature-256": signature(self.world.apps[app].secret, body),
        }
        post = Post(len(self.posts) + 1, url, body, headers, len(letters), self.world.now())
        self.posts.append(post)
        return post


def signature(secret: str, body: bytes) -> str:
    """What `X-Hub-Signature-256` says of these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def handshake(url: str, verify_token: str, challenge: str) -> None:
    """Ask the receiver to give the challenge back, over real HTTP. Refuses with 2200 when it does not."""
    asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    try:
        answer = httpx.get(url, params=asked, timeout=PATIENCE_SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unverified(f"curl_errno = 7; curl_error = {type(error).__name__}") from None
    if answer.status_code != 200:
        raise _unverified(f"HTTP Status Code = {answer.status_code}; HTTP Message = {answer.reason_phrase}")
    if answer.text.strip() != challenge:
        raise _unverified("Response does not match challenge")


async def _status(client: httpx.AsyncClient, post: Post) -> int | None:
    try:
        answer = await client.post(post.url, content=post.body, headers=post.headers, timeout=PATIENCE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return answer.status_code


def _unverified(why: str) -> Refusal:
    message = "(#2200) Callback verification failed with the following errors: {why}"
    return Refusal(2200, message=message, why=why)
