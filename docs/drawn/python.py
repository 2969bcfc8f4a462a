"""The Python face: what the package gives out, with its own docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from docs.drawn import NOTICE

import linewright

__all__ = ["page"]

INTRODUCTION = """# Python

```python
import asyncio

from linewright import Linewright, explain


async def main() -> None:
    async with Linewright() as lw:
        operation = await lw.register("+5511912345678")
        print(operation["state"], operation["message"])
        if operation["task"]:
            print("To answer:", operation["task"]["question"])
    print(explain("133005")["name"])


asyncio.run(main())
```

It opens the home that `LINEWRIGHT_HOME` names, in which the account of the number is known already ([connect
it](../guides/connect.md), or `add_account`). `register` stays until the operation ends or asks a person; `open` only
begins it, for a worker to go on with. Where there is no event loop use `BlockingLinewright`.

Results are the JSON shapes of the interfaces, as dictionaries. What the remote refuses is never raised: an operation's
`state` and `reason` tell it. `py.typed` is in the package.

"""
FIRST = ("Linewright", "BlockingLinewright", "explain")
"""What is looked for most often; then the rest by its name."""


def page() -> str:
    """Each public name."""
    names = [*FIRST, *(name for name in linewright.__all__ if name not in FIRST)]
    return NOTICE + INTRODUCTION + "\n".join(_told(name, getattr(linewright, name)) for name in names)


def _told(name: str, value: Any) -> str:
    if inspect.isclass(value):
        parts = [f"## {name}\n\n{_words(value)}\n"]
        if issubclass(value, Exception):
            return parts[0]
        return "\n".join([*parts, *(_method(each, one) for each, one in _methods(value))])
    return f"## {name}\n\n```python\n{name}{_signature(value)}\n```\n\n{_words(value)}\n"


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    """In the order in which they are written: the class's own, then those of what it is made of."""
    for part in value.__mro__:
        for name, one in vars(part).items():
            if not name.startswith("_") and inspect.isfunction(one):
                yield name, one


def _method(name: str, one: Any) -> str:
    begins = "async for each in " if inspect.isasyncgenfunction(one) else ""
    begins = "await " if inspect.iscoroutinefunction(one) else begins
    words = _words(one)
    return f"### {name}\n\n```python\n{begins}{name}{_signature(one)}\n```\n" + (f"\n{words}\n" if words else "")


def _words(value: Any) -> str:
    return inspect.cleandoc(value.__doc__) if value.__doc__ else ""


def _signature(value: Any) -> str:
    """Without `self`; annotations as they are written."""
    found = inspect.signature(value)
    parameters = [each for each in found.parameters.values() if each.name != "self"]
    return str(found.replace(parameters=parameters)).replace("'", "")
