"""Questions to people, their answers, and the links by which customers answer."""

from __future__ import annotations

from datetime import datetime

from linewright import asked
from linewright.clock import SystemClock
from linewright.face.base import Face, Shape, whole
from linewright.secret import Secret
from linewright.shapes import when
from linewright.store.digest import address_of

__all__ = ["Questions"]


class Questions(Face):
    """What is asked of people."""

    async def tasks(self, state: str = "open") -> list[Shape]:
        """The questions, the oldest first."""
        found = whole(lambda after: self._store.tasks.listing(state=state, after=after, limit=200))
        return [self._views.task(task) for task in found]

    async def task(self, task: str) -> Shape:
        return self._views.task(self._store.tasks.get(task))

    async def answer(
        self,
        task: str,
        *,
        value: Secret | None = None,
        approve: bool = False,
        done: bool = False,
        decline: bool = False,
        resend: str | None = None,
        pin_changed: bool = False,
        who: str = "terminal",
    ) -> Shape:
        """Takes one answer of the person `who`; the operation goes on with the next `push`, `drive` or `follow`.

        Raises `UsageError` for an answer that is turned away; the question stays open. Returns the
        operation; for an account's question, the question itself.
        """
        answer = asked.one_answer(value=value, approve=approve, done=done, decline=decline, resend=resend)
        question = self._store.tasks.get(task)
        self._store.tasks.answer(
            task, answer, now=self.clock.now(), value=value, pin_changed=pin_changed, method=resend, who=who
        )
        return self._views.operation(question.operation) if question.operation else await self.task(task)

    async def link(
        self, task: str, *, who: str = "terminal", public_url: str = "", now: datetime | None = None
    ) -> Shape:
        """Makes an address that opens this question for one person without a login: `{"url","expires_at"}`.

        The address is a secret of its own: whoever has it may answer, for seven days or until the operation
        ends. A link made before for the same operation opens nothing any more. `now` is real time;
        `public_url` is how people reach the service, the settings' or the last one's by default. Raises
        `UsageError`: `no-link` for a question that is not for customers, `public-url` where nobody knows it.
        """
        public_url = public_url or self._public_url()
        bearer, link = self._store.links.make(task, by=who, now=now or SystemClock().now())
        self._store.audit.append(self.clock.now(), who, "task link", task, {"link": link.id})
        return {"url": address_of(public_url, "l", bearer), "expires_at": when(link.ends_at)}
