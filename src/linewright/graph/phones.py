"""A phone taken apart into what the remote wants of it."""

from __future__ import annotations

import phonenumbers

__all__ = ["parts_of", "possible"]


def possible(text: str) -> phonenumbers.PhoneNumber | None:
    """A *possible* number, written with its country code; new ranges are not *valid* for years."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def parts_of(text: str) -> tuple[str, str, str] | None:
    """Country code, national part and E.164 of a possible number."""
    parsed = possible(text)
    if parsed is None:
        return None
    plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return str(parsed.country_code), plain.removeprefix(f"+{parsed.country_code}"), plain
