"""The tables, defined once for SQLite and PostgreSQL. `migrations/` builds the same, step by step."""

from __future__ import annotations

from linewright.store.tables.accounts import accounts, adoptions, apps
from linewright.store.tables.alerts import alerts, changes, channels, deliveries, watched
from linewright.store.tables.base import meta, metadata
from linewright.store.tables.care import recoveries, releases
from linewright.store.tables.imports import import_rows, imports
from linewright.store.tables.inboxes import inbox_messages, inbox_tallies, inboxes
from linewright.store.tables.numbers import checks, conditions, numbers, readings, trend
from linewright.store.tables.operations import attempts, events, evidence, operations, replies, tasks
from linewright.store.tables.people import api_tokens, audit, guesses, invitations, links, requests, sessions, users
from linewright.store.tables.pins import pin_changes, pins
from linewright.store.tables.webhooks import happenings, webhook_events, webhook_tallies
from linewright.store.tables.work import leases, paces, weather, workers

__all__ = [
    "accounts",
    "adoptions",
    "alerts",
    "api_tokens",
    "apps",
    "attempts",
    "audit",
    "changes",
    "channels",
    "checks",
    "conditions",
    "deliveries",
    "events",
    "evidence",
    "guesses",
    "happenings",
    "import_rows",
    "imports",
    "inbox_messages",
    "inbox_tallies",
    "inboxes",
    "invitations",
    "leases",
    "links",
    "meta",
    "metadata",
    "numbers",
    "operations",
    "paces",
    "pin_changes",
    "pins",
    "readings",
    "recoveries",
    "releases",
    "replies",
    "requests",
    "sessions",
    "tasks",
    "trend",
    "users",
    "watched",
    "weather",
    "webhook_events",
    "webhook_tallies",
    "workers",
]
