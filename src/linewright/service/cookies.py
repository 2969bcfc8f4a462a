"""The session's cookie: signed, so that nothing that was made up reaches the store; and the CSRF token of a session."""

from __future__ import annotations

import hashlib
import hmac

from linewright.secret import Secret

__all__ = ["Cookies"]


class Cookies:
    """`key` is chance, in hex, kept sealed by the home: cookies outlive a restart."""

    def __init__(self, key: Secret) -> None:
        self._key = bytes.fromhex(key.open_secret())

    def closed(self, bearer: Secret) -> str:
        """The cookie of a session's bearer."""
        text = bearer.open_secret()
        return f"{text}.{self._sign('cookie', text)}"

    def opened(self, cookie: str | None) -> Secret | None:
        """The bearer of a cookie that was signed here."""
        text, _, signature = (cookie or "").rpartition(".")
        if not text or not hmac.compare_digest(signature.encode(), self._sign("cookie", text).encode()):
            return None
        return Secret(text)

    def marked(self, use: str, text: str) -> str:
        """A text that no secret is in, with a mark that it came from here."""
        return f"{text}.{self._sign(use, text)}"

    def unmarked(self, use: str, cookie: str | None) -> str | None:
        """The text of a cookie that `marked` made for this use."""
        text, _, signature = (cookie or "").rpartition(".")
        return text if text and hmac.compare_digest(signature.encode(), self._sign(use, text).encode()) else None

    def csrf(self, session: str) -> str:
        """What the forms of a session carry; `session` is its digest."""
        return self._sign("csrf", session)

    def _sign(self, use: str, text: str) -> str:
        return hmac.new(self._key, f"{use}:{text}".encode(), hashlib.sha256).hexdigest()
