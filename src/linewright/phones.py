"""Phone numbers as people write them, taken apart for the remote."""

from __future__ import annotations

import phonenumbers

from linewright.errors import UsageError

__all__ = ["possible", "taken_apart"]


def possible(text: str) -> phonenumbers.PhoneNumber | None:
    """A *possible* number, written with its country code; new ranges are not *valid* for years."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def taken_apart(e164: str) -> tuple[str, str, str]:
    """Country code, national part and E.164. Raises `UsageError` (reason `phone`)."""
    parsed = possible(e164)
    if parsed is None:
        raise UsageError(
            f"{e164[:40]!r} is not a possible phone number.",
            fix="Write it in E.164: a plus, the country code, the number.",
            reason="phone",
        )
    plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return str(parsed.country_code), plain.removeprefix(f"+{parsed.country_code}"), plain
