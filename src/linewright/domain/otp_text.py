"""The six digits of a one-time code in the message that brings it, in any language and script.

Sources: WhatsApp's own messages write the code as `123-830` and name WhatsApp, also in other alphabets; a message may
end in the hash of an app (`4sgLq1p5sV6`) and may hold a link (`v.whatsapp.com/123830`). What providers transcribe of a
call spells the digits one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["code_from_whatsapp", "code_in"]

LONGEST = 2_000
"""Characters that are looked at: ten text messages joined."""
DASHES = r"\-\u2010-\u2015\u2212\ufe58\ufe63"
GAP = rf"[ \t\u00a0\u202f{DASHES}]"
LETTER = r"A-Za-z\u00aa\u00b5\u00ba\u00c0-\u024f\u0370-\u052f"
"""Of alphabets that put spaces between words: digits that touch one are part of something else."""
BEFORE = rf"(?<![0-9{LETTER}_+#/\\@=])(?<![0-9][ .,:/{DASHES}])(?<![{LETTER}][{DASHES}])"
AFTER = rf"(?![0-9{LETTER}_/\\@=%°])(?!{GAP}[0-9])(?![.,:][0-9])(?![{DASHES}][{LETTER}])"
MONEY = r"[$€£¥₹₺₽₩₪฿₴₫₱৳﷼]"
CURRENCY = rf"(?:{MONEY}|(?:R\$|Rp|Rs|USD|EUR|GBP|BRL|MXN|INR|IDR|TRY|RUB|KZT|SAR|AED|EGP|NGN|KES|COP|CLP|ARS)\b)"
SIX = re.compile(rf"{BEFORE}([0-9]{{3}})({GAP}?)([0-9]{{3}}){AFTER}")
PAID_BEFORE = re.compile(rf"(?:{CURRENCY})\s?$", re.IGNORECASE)
PAID_AFTER = re.compile(rf"\s?{CURRENCY}", re.IGNORECASE)
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*", re.IGNORECASE)
ONE_BY_ONE = re.compile(rf"{BEFORE}[0-9](?:[ ,.{DASHES}]{{1,3}}[0-9]){{5}}(?![ ,.{DASHES}]{{0,3}}[0-9]){AFTER}")
WORDS = {
    word: str(digit)
    for digit, words in enumerate(
        (
            *("zero oh cero null zéro", "one uno um uma eins un", "two dos dois duas zwei deux"),
            *("three tres três drei trois", "four cuatro quatro vier quatre", "five cinco fünf cinq"),
            *("six seis sechs", "seven siete sete sieben sept", "eight ocho oito acht huit"),
            "nine nueve nove neun neuf",
        )
    )
    for word in words.split()
}  # fmt: skip
"""Spoken digits: English, Spanish, Portuguese, German, French."""
SPOKEN = re.compile(r"[^\W\d_]+|[^\w\s,.;:–—-]|[0-9]", re.UNICODE)
NAMES = (
    *("whatsapp", "whats app", "واتساب", "واتس اب", "واتس آب", "واتس‌اپ", "واتساپ", "وٹس ایپ", "واٹس ایپ"),
    *("व्हाट्सएप", "व्हाट्सऐप", "वॉट्सऐप", "वाट्सएप", "হোয়াটসঅ্যাপ", "ватсап", "вотсап", "воцап", "ווטסאפ", "וואטסאפ"),
    *("왓츠앱", "ワッツアップ", "วอทส์แอป", "วอตส์แอปป์", "வாட்ஸ்அப்", "వాట్సాప్"),
)
"""How the name is written where a message does not keep the Latin one."""


def code_in(message: str) -> str | None:
    """The six digits of what somebody gives as a code: alone, or in a whole message. None without exactly one code.

    Of several numbers that could be one, the one that stands in WhatsApp's own form (`123-830`, beside its name) is it.
    """
    text = _plain(message)
    alone = re.sub(rf"[\s.{DASHES}]", "", text)
    if re.fullmatch(r"[0-9]{6}", alone):
        return alone
    text = LINK.sub(" ", text)
    found = _candidates(text)
    codes = {digits for digits, _ in found} or _spelled(text)
    if len(codes) > 1 and _names_whatsapp(text):
        codes = {digits for digits, dashed in found if dashed}
    return codes.pop() if len(codes) == 1 else None


def code_from_whatsapp(message: str) -> str | None:
    """The same of a message that nobody looked at: it names WhatsApp, or is the code alone. Another sender's code,
    a bank's say, is none."""
    text = _plain(message)
    alone = re.sub(rf"[\s.{DASHES}]", "", text)
    if not _names_whatsapp(text) and not re.fullmatch(r"[0-9]{6}", alone):
        return None
    return code_in(message)


def _plain(message: str) -> str:
    """Digits of every script as 0 to 9, full-width signs as plain ones, and no marks that steer the direction."""
    text = unicodedata.normalize("NFKC", message[:LONGEST])[:LONGEST]
    return "".join(_digit(each) for each in text if unicodedata.category(each) != "Cf").strip()


def _digit(sign: str) -> str:
    return sign if sign.isascii() else str(unicodedata.decimal(sign, sign))


def _names_whatsapp(text: str) -> bool:
    folded = text.casefold()
    return any(name in folded for name in PLAIN_NAMES)


def _candidates(text: str) -> set[tuple[str, bool]]:
    """Six digits that stand for themselves, and whether they are written as WhatsApp writes a code."""
    return {
        (match[1] + match[3], bool(match[2].strip()))
        for match in SIX.finditer(text)
        if not PAID_BEFORE.search(text[: match.start()][-8:]) and not PAID_AFTER.match(text[match.end() :])
    }


def _spelled(text: str) -> set[str]:
    """Codes said digit by digit: `1, 2, 3, 8, 3, 0`, or in words."""
    found = {re.sub(r"[^0-9]", "", match[0]) for match in ONE_BY_ONE.finditer(text)}
    return found or {digits for digits in _runs(SPOKEN.findall(text.casefold())) if len(digits) == 6}


def _runs(words: Iterable[str]) -> list[str]:
    """The digits of words that follow each other, each run by itself."""
    runs = [""]
    for word in words:
        if word in WORDS:
            runs[-1] += WORDS[word]
        elif runs[-1]:
            runs.append("")
    return runs


PLAIN_NAMES = frozenset(_plain(name).casefold() for name in NAMES)
"""As they stand in a message that was made plain."""
