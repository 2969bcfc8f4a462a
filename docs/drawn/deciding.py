"""How it decides: the tables of the judgement, in the order in which it asks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docs.drawn import NOTICE, cell, table

from linewright.domain.rails import RAILS
from linewright.domain.remedies import REMEDIES
from linewright.domain.standing import RULES

__all__ = ["page"]

INTRODUCTION = """# How it decides

Linewright remembers facts, not plans. Every time an operation wakes, it gathers all that is known of the number (what
it last read, what was ever sent for this phone and what came back, what people answered, which PINs it keeps, what time
it is), and one pure function says what to do now: make a call, wait until a time, ask a person, or end. Nothing is
replayed and no step counter can be lost, so an operation that waits for three days survives a restart, and an upgrade
with better judgement applies at once to what already waits.

The same answer always leads to the same decision: there is no chance in it. Codes decide, and subcodes where the table
says so; never the HTTP status and never the words, which Meta translates. Only waits are read out of the words, by a
number beside a unit, since Meta leaves those in English inside other languages.

What would be done now for one of your numbers, and what each outcome would lead to, is told by `linewright plan N`.

"""
STANDINGS = """## Where a number is

Computed from the last good reading; the first line that fits holds. A reading that failed changes nothing.

"""
PLAN = """## What comes next, when nothing is wrong

- **register**: read; online and nothing speaks against it: done, nothing spent. Otherwise a PIN that may be sent, a
  verification if the phone was never verified, the registration, and readings after 5 and 15 seconds, 1, 5 and 15
  minutes and each hour until one shows it online. Then the app is subscribed to the account's webhooks.
- **verify**: ask for a code, ask the person who has the phone, give the code, read.
- **deregister** and **release**: never without a person's word; read until it no longer shows as registered.
- **set-pin**: set one through the API. No reading can show it: it is proven by the next registration.
- **migrate**: everything that must hold on both sides is looked at first and told at once; the source works until the
  last step.

"""
REMEDY = """## What is done about a refusal

One function for each, in the order of [the errors](../errors.md); every entry of the catalogue names its own.

"""
RAIL = """## What no plan may do

Asked after every decision, in this order; the first that objects puts something else in its place. A person may spend
the reserve of two attempts, but never shorten a block, a told wait or the spacing.

"""


def page() -> str:
    """The whole judgement, by its tables."""
    standings: list[tuple[object, ...]] = [
        (number, rule.says, rule.standing.value if rule.standing else "as it says", rule.reason or "")
        for number, rule in enumerate(RULES, 1)
    ]
    remedies: list[tuple[object, ...]] = [(f"`{name}`", _first(one)) for name, one in REMEDIES.items()]
    rails = "".join(f"- **{rail.__name__.replace('_', '-')}**: {_first(rail)}\n" for rail in RAILS)
    return "".join(
        [
            *(NOTICE, INTRODUCTION, STANDINGS, table(("", "the reading says", "standing", "reason"), standings)),
            *(PLAN, REMEDY, table(("remedy", "what it does"), remedies), RAIL, rails),
        ]
    )


def _first(one: Callable[..., Any]) -> str:
    """The first paragraph of its docstring, without its number in the design."""
    words = cell((one.__doc__ or "").split("\n\n")[0])
    number, _, rest = words.partition(". ")
    return rest if len(number) <= 2 else words
