"""The same face for code without `await`: one proxy, no second copy of any method."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, Self

from linewright.face import Linewright

__all__ = ["BlockingLinewright"]


class BlockingLinewright:
    """Every method of `Linewright`, called without `await`; its async iterators become plain ones.

        with BlockingLinewright() as lw:
            lw.register("+15550100001")

    It runs an event loop of its own; inside a running loop use `Linewright`. Raises what that raises.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._face = Linewright(*args, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes connections and the loop."""
        self._runner.run(self._face.aclose())
        self._runner.close()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._face, name)
        return self._waiting(found) if callable(found) else found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *dir(self._face)]

    def _waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            if inspect.isawaitable(result):
                return self._runner.run(_whole(result))
            return self._steps(result) if isinstance(result, AsyncIterator) else result

        call.__name__, call.__doc__ = getattr(method, "__name__", "call"), method.__doc__
        return call

    def _steps(self, steps: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._runner.run(_whole(anext(steps)))
            except StopAsyncIteration:
                return


async def _whole(awaitable: Any) -> Any:
    return await awaitable
