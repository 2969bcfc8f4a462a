"""The column types that SQLite and PostgreSQL share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Float, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

__all__ = ["Body", "Moment", "Real", "Sequence", "Words"]

Sequence = BigInteger().with_variant(Integer, "sqlite")
"""A counter that the database raises by itself; it tells the order in which rows were committed."""


Real = Float(53)
"""Seconds since 1970 of the real time, for leases and heartbeats; virtual time is a `Moment`."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC with microseconds, aware on both databases. Refuses a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that may quote the remote: what a database cannot hold (NUL, half a surrogate pair) becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Body(TypeDecorator[Any]):
    """A JSON value as the remote said it; None is the database's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True
