"""Where Meta sends the webhooks of a number, and whether that is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Address", "address_in_force", "is_same"]

LEVELS = (("phone_number", "number"), ("whatsapp_business_account", "account"), ("application", "app"))
"""The keys of `webhook_configuration`, the one that wins first (facts, 1.5 and 1.10), and our words for them."""


@dataclass(frozen=True, slots=True)
class Address:
    """`level` is whose address it is: of the number, the account or the app."""

    url: str
    level: str

    @property
    def host(self) -> str:
        """All that people are shown of it."""
        return _parts(self.url)[0] or "another address"


def address_in_force(configuration: Any, override: str | None) -> Address | None:
    """The address that wins; `override` is the account's own where a number's reading does not tell. None where
    nothing is known."""
    told = configuration if isinstance(configuration, dict) else {}
    known = {"whatsapp_business_account": override, **{key: url for key, url in told.items() if url}}
    for key, level in LEVELS:
        url = known.get(key)
        if isinstance(url, str) and url:
            return Address(url, level)
    return None


def is_same(url: str, expected: str) -> bool:
    """Whether both lead to the same place, whatever their queries."""
    return _parts(url) == _parts(expected)


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port not in (None, 443, 80) else None
    except ValueError:
        return "", ""
    return f"{(parts.hostname or '').lower()}{f':{port}' if port else ''}", parts.path.rstrip("/")
