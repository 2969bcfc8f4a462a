"""Foresight: what would be done now, what each answer would lead to and what it would cost. Nothing is done.

It is `decide` itself, asked again after each imagined answer, until the operation has ended or the tree is deep
enough: there is no second opinion that could differ from what the engine does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from linewright.domain.action import Action, Ask, Call, Done, GiveUp, Reason, Wait
from linewright.domain.case import Case
from linewright.domain.decide import decide
from linewright.domain.guesses import Guess, Likelihood, answers_to, readings_of, replies_to, times_of
from linewright.domain.imagined import Cost, Imagined, begin
from linewright.domain.journal import WRITES, CallKind
from linewright.domain.number import Reading
from linewright.domain.operation import OPEN_STATES, Goal, Operation

__all__ = ["DEEPEST", "DEPTH", "SUPPOSED", "Branch", "Node", "foresee", "supposed"]

DEPTH = 2
"""Choices on one path whose other answers are followed too; after those only the likeliest is."""
DEEPEST = 4
SUPPOSED = "supposed"
"""The id of an operation that nobody opened."""
WIDTHS = (8, 4, 3, 2)
"""Answers that are followed at the first choice of a path, at the second, and so on; at the first all of them, where
a deeper tree was asked for."""
OF_TWO_SIDES = frozenset({CallKind.SURVEY, CallKind.READ_SOURCE, CallKind.SURVEY_SOURCE})
"""Looks of a migration at two accounts: what they show is not imagined, and ends what can be foreseen."""
LONGEST = 40
"""Actions on one path; what is longer goes round in a circle, and is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What is decided at one place, and what may come of it.

    `reads` are the calls that only look and come first. `until` is the end of a wait, of several like it in a row
    too. `more` are the answers that are not followed here; `cut` says that nothing is known of what follows.
    """

    action: Action
    at: datetime
    cost: Cost
    case: Case = field(repr=False, compare=False)
    reads: tuple[CallKind, ...] = ()
    until: datetime | None = None
    branches: tuple[Branch, ...] = ()
    more: tuple[Guess, ...] = ()
    cut: bool = False

    @property
    def waits(self) -> timedelta:
        return self.until - self.at if self.until is not None else timedelta(0)

    @property
    def likeliest(self) -> Iterator[Node]:
        """This node and those after it, on the likeliest path."""
        yield self
        if self.branches:
            yield from self.branches[0].node.likeliest

    @property
    def key(self) -> object:
        """All that is told from here on: where it is the same, two answers lead to the same state."""
        action = self.action
        asks = (action.kind, action.topic) if isinstance(action, Ask) else ()
        call = (action.kind, action.fresh_pin, action.pin) if isinstance(action, Call) else ()
        reason = None if isinstance(action, Call) else action.reason
        ways = tuple((tuple(g.key for g in b.guesses), b.node.key) for b in self.branches)
        return (
            type(action).__name__,
            reason,
            asks,
            call,
            self.waits // timedelta(seconds=1),
            ways,
            self.cost,
            self.cut,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Answers that lead to the same place; the likeliest first."""

    guesses: tuple[Guess, ...]
    node: Node

    @property
    def likelihood(self) -> Likelihood:
        return self.guesses[0].likelihood


def supposed(case: Case, goal: Goal) -> Case:
    """The number's case as if `goal` were asked for now. For a case without an open operation."""
    number, now = case.number, case.now
    operation = Operation(
        id=SUPPOSED, goal=goal, number=number.id, e164=number.e164, account=number.account, opened_at=now
    )
    return replace(case, operation=operation, readings=(), replies=())


def foresee(case: Case, *, depth: int = DEPTH, first: Reading | None = None) -> Node:
    """The tree from a case on. `first` is what the first reading shows, where it was just taken; else it is taken
    to show what the last good one did."""
    if case.operation.state not in OPEN_STATES:
        raise ValueError("there is nothing to foresee for an operation that has ended")
    return _Growth(min(max(depth, 1), DEEPEST)).grow(begin(case), _Path(), first)


@dataclass(frozen=True, slots=True)
class _Path:
    """How far a path has come: its choices and actions, and which other answers were told at its choices."""

    level: int = 0
    steps: int = 0
    told: frozenset[tuple[CallKind, str]] = frozenset()

    def has_told(self, action: Action, guess: Guess) -> bool:
        return isinstance(action, Call) and (action.kind, guess.key) in self.told

    def after(self, action: Action, guess: Guess, followed: tuple[Guess, ...], *, chosen: bool) -> _Path:
        told = {(action.kind, g.key) for g in followed if g is not guess} if isinstance(action, Call) else set()
        return _Path(self.level + chosen, self.steps + 1, self.told | told)


@dataclass(frozen=True, slots=True)
class _Growth:
    depth: int

    def grow(self, world: Imagined, path: _Path, first: Reading | None = None) -> Node:
        """The node at the end of this path, with all that follows."""
        reads: list[CallKind] = []
        action = decide(world.case)
        while isinstance(action, Call) and action.kind not in WRITES:
            if len(reads) > LONGEST or action.kind in OF_TWO_SIDES:
                return _node(world, action, reads, cut=True)
            if action.kind is CallKind.READ and first is None and _nobody_knows(world):
                return self.choice(world, _node(world, action, reads), readings_of(world.case), path)
            taken = first if action.kind is CallKind.READ else None
            world = world.read(taken) if taken is not None else world.looked(action.kind)
            first = None if taken is not None else first
            reads.append(action.kind)
            action = decide(world.case)
        node = _node(world, action, reads, cut=path.steps > LONGEST)
        if node.cut or isinstance(action, Done | GiveUp):
            return node
        if isinstance(action, Wait):
            return self.wait(world, node, action, path)
        guesses = answers_to(world.case, action) if isinstance(action, Call) else replies_to(action)
        return self.choice(world, node, guesses, path)

    def choice(self, world: Imagined, node: Node, guesses: tuple[Guess, ...], path: _Path) -> Node:
        """The node with what follows each guess that is followed; those that lead to the same place are one."""
        followed = self.followed(guesses, node.action, path)
        found: list[Branch] = []
        for guess in followed:
            below = path.after(node.action, guess, followed, chosen=len(guesses) > 1)
            after = self.grow(_after(world, node.action, guess), below)
            same = next((i for i, branch in enumerate(found) if branch.node.key == after.key), None)
            if same is None:
                found.append(Branch(guesses=(guess,), node=after))
            else:
                found[same] = replace(found[same], guesses=(*found[same].guesses, guess))
        return replace(node, branches=tuple(found), more=tuple(g for g in guesses if g not in followed))

    def followed(self, guesses: tuple[Guess, ...], action: Action, path: _Path) -> tuple[Guess, ...]:
        """At the first choice as many as fit; below, those for which something speaks and that were not told of the
        same call before it; at last the likeliest."""
        if path.level == 0:
            return guesses if self.depth > DEPTH else guesses[: WIDTHS[0]]
        if path.level >= self.depth:
            return guesses[:1]
        new = (g for g in guesses[1:] if g.likelihood is not Likelihood.UNLIKELY and not path.has_told(action, g))
        return (guesses[0], *tuple(new)[: WIDTHS[path.level] - 1])

    def wait(self, world: Imagined, node: Node, wait: Wait, path: _Path) -> Node:
        """A wait and what its end brings; several in a row for the same reason are one."""
        times = times_of(world.case, wait, world.shows)
        times = times[-1:] if wait.reason in world.settled else times
        replies = replies_to(wait.ask) if wait.ask is not None else ()
        meanwhile = tuple(replace(reply, likelihood=Likelihood.UNLIKELY) for reply in replies)
        grown = self.choice(world, node, (*times, *meanwhile), path)
        if len(grown.branches) != 1 or grown.more:
            return grown
        only = grown.branches[0].node
        alike = isinstance(only.action, Wait) and only.action.reason is wait.reason
        return replace(node, until=only.until, branches=only.branches, more=only.more, cut=only.cut) if alike else grown


def _node(world: Imagined, action: Action, reads: list[CallKind], *, cut: bool = False) -> Node:
    until = max(action.until, world.case.now) if isinstance(action, Wait) else None
    at, cost = world.case.now, world.cost
    return Node(action=action, at=at, cost=cost, case=world.case, reads=tuple(reads), until=until, cut=cut)


def _nobody_knows(world: Imagined) -> bool:
    """Whether nothing tells what a reading would show: none was good, or the last one was of no kind known."""
    if world.shows is None:
        return True
    unclear = world.case.judged.reason is Reason.UNRECOGNISED
    return unclear and world.shows == world.case.last_good


def _after(world: Imagined, action: Action, guess: Guess) -> Imagined:
    match action:
        case Wait():
            if guess.reply is not None and action.ask is not None:
                return world.replied(action.ask, guess, guess.reply)
            return world.waited(action, guess)
        case Ask():
            return (
                world.replied(action, guess, guess.reply)
                if guess.reply is not None
                else world.unanswered(action, guess)
            )
        case Call() if action.kind in WRITES:
            return world.answered(action, guess)
    return world.showing(guess.shows)
