"""Statements compiled once for all the databases of a test process, as in one that lives long: else each test, which
opens databases of its own, compiles every statement anew."""

from __future__ import annotations

from functools import partial
from typing import Any

from linewright.store import engine

__all__ = ["share"]


class _Shared(dict[Any, Any]):
    """SQLAlchemy's cache of compiled statements, the same for every engine of a kind: each has a dialect of its own,
    by which the keys would differ, and all of one kind compile alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> tuple[Any, ...]:
    dialect, *statement = key
    return (type(dialect), *statement)


def share() -> None:
    """From now on in this process, for every database that is opened."""
    engine.create_engine = partial(engine.create_engine, execution_options={"compiled_cache": _Shared()})
