"""The wait that the remote tells: found in its texts by number and unit, else in its headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Literal

from linewright.domain import wait_words as words
from linewright.domain.journal import RemoteError

__all__ = ["LONGEST_KEPT", "LONGEST_TOLD", "Told", "told", "wait_in", "with_margin"]

LONGEST_TOLD = timedelta(days=30)
"""What is told beyond this is no wait."""
LONGEST_KEPT = timedelta(days=7)
"""What is told beyond this is cut to it, and support is asked at once."""
LEAST_MARGIN, MOST_MARGIN = timedelta(seconds=10), timedelta(minutes=30)
READ_AT_MOST = 2_000
"""Characters of one text that are looked at."""
NEAR = 80
"""Characters before a duration that are looked at."""
MOST_DURATIONS = 12
"""Durations of one sentence that are looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """A wait the remote asked for: how long, where it stood, and whether it was cut to seven days."""

    wait: timedelta
    source: Literal["text", "header"]
    too_long: bool = False


def told(error: RemoteError) -> Told | None:
    """The wait this error tells: in its details, user message or message (in this order), else in a header.

    A range counts with its larger end. Zero, negative or above 30 days is no wait; above 7 days is cut
    to 7 days and marked `too_long`. Rule: DESIGN 5.2.
    """
    for text in error.texts:
        found = _kept(wait_in(text), "text")
        if found is not None:
            return found
    return _kept(error.told_by_header, "header")


def with_margin(wait: timedelta) -> timedelta:
    """The wait as it is kept: 5 % on top, at least 10 s and at most 30 min."""
    return wait + min(max(wait * 0.05, LEAST_MARGIN), MOST_MARGIN)


def wait_in(text: str) -> timedelta | None:
    """The wait one text tells, at most `LONGEST_TOLD`, or None."""
    if not any(character.isalnum() for character in text):
        return None
    for sentence in _sentences(text):
        spans = islice(_spans(sentence), MOST_DURATIONS)
        possible = [span for span in spans if 0 < span.seconds <= LONGEST_TOLD.total_seconds()]
        waits = [span.seconds for span in possible if _is_wait(span, sentence)]
        if waits:
            return timedelta(seconds=max(waits))
    return None


def _kept(wait: timedelta | None, source: Literal["text", "header"]) -> Told | None:
    if wait is None or not timedelta() < wait <= LONGEST_TOLD:
        return None
    return Told(min(wait, LONGEST_KEPT), source, too_long=wait > LONGEST_KEPT)


@dataclass(frozen=True, slots=True)
class _Span:
    """A duration in a sentence: how long, from where to where, and how its unit is written."""

    seconds: float
    start: int
    end: int
    unit: str
    part: float
    """The length of the unit, in seconds."""


def _sentences(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text[:READ_AT_MOST]).lower().replace("’", "'")
    plain = _pattern("whole").sub(lambda match: words.WHOLE[match[0]], plain)
    plain = _pattern("clock_left").sub(" ", plain)
    plain = _pattern("colon_wait").sub(r"\g<cue>\g<h>h \g<m>m \g<s>s", plain)
    plain = _pattern("no_duration").sub(" ¤ ", plain)
    plain = _pattern("french_hours").sub(r"\1h \2m", plain)
    return _pattern("sentence_end").split(plain)


def _spans(sentence: str) -> Iterator[_Span]:
    """The durations of a sentence, with parts that belong together joined and ranges at their larger end."""
    held: _Span | None = None
    for span in _parts(sentence):
        joined = _joined(held, span, sentence) if held else None
        if joined is None and held is not None:
            yield held
        held = joined or span
    if held is not None:
        yield held


def _parts(sentence: str) -> Iterator[_Span]:
    for match in _pattern("part").finditer(sentence):
        unit = match["unit"]
        part = words.UNITS.get(unit) or words.TIGHT_UNITS[unit]
        if not _goes_with(match["number"], match["gap"], unit):
            continue
        count, start = _number(match["number"]), match.start()
        lower = _pattern("range_left").search(sentence, max(0, start - NEAR), start)
        if lower is not None:
            count, start = max(count, _number(lower["number"])), lower.start()
        elif start > 0 and sentence[start - 1] in "-−":
            continue
        yield _Span(count * part, start, match.end(), unit, part)


def _goes_with(number: str, gap: str, unit: str) -> bool:
    """Whether a number may stand before this unit so: `30m`, not `30 m` (metres); `an hour`, not `an ora`."""
    if not number[0].isdigit():
        closed_up = unit in words.TIGHT_UNITS or number[-1] in "'-л"
        return len(unit) > 1 and bool(gap or closed_up) and (number not in ("a", "an") or unit in words.ENGLISH_UNITS)
    return unit not in ("m", "d") or not gap


def _joined(one: _Span, two: _Span, sentence: str) -> _Span | None:
    """`1 hour 30 minutes` as a sum, `24 hours to 48 hours` as its larger end; None: two durations."""
    between = sentence[one.end : two.start]
    if two.part < one.part and _pattern("joint").fullmatch(between):
        return _Span(one.seconds + two.seconds, one.start, two.end, two.unit, two.part)
    if _pattern("range").fullmatch(between):
        return _Span(max(one.seconds, two.seconds), one.start, two.end, two.unit, two.part)
    return None


def _number(text: str) -> float:
    """A figure or a number word; `1,440` is a thousand, `1,5` a half more than one."""
    if text in words.NUMBERS:
        return float(words.NUMBERS[text])
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
        return float(re.sub(r"[.,]", "", text))
    head, _, tail = text.replace(",", ".").partition(".")
    return float(f"{head[:12]}.{tail.replace('.', '')[:6] or 0}")


def _is_wait(span: _Span, sentence: str) -> bool:
    left, right = sentence[max(0, span.start - NEAR) : span.start], sentence[span.end :]
    if _pattern("against_before").search(left) or _pattern("against_after").match(right):
        return False
    counted = _pattern("counted").search(left)
    if counted and not _pattern("cue").search(counted["words"]):
        return False
    if _pattern("expires").search(left) and _pattern("expiring").search(left):
        return False
    if _pattern("cue").search(sentence):
        return True
    if not re.search(r"[^\W\d_]", left + right):
        return True
    # The remote leaves a duration in English inside a sentence of a language we may not know.
    return span.unit in words.ENGLISH_UNITS and not _pattern("english").search(left + " ¤ " + right)


def _any_of(stems: Iterable[str]) -> str:
    return "|".join(re.escape(stem) for stem in sorted(set(stems), key=lambda stem: (-len(stem), stem)))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Built when first asked for: most errors hold no text at all."""
    return re.compile(_source(name))


_LETTER = r"[^\W\d_]"
_FIGURE = r"\d+(?:[.,]\d+)*"
_FILLER = r"(?:\s*(?:about|approximately|around|the|a|at least|at most|of|de|ungefähr|circa|~|≈|約|约)\s*)?\s*$"


def _source(name: str) -> str:
    number = rf"(?P<number>{_FIGURE}|(?<!{_LETTER})(?:{_any_of(words.NUMBERS)}))"
    if name == "part":
        units = rf"(?:{_any_of(words.UNITS)})(?!{_LETTER})|{_any_of(words.TIGHT_UNITS)}"
        return rf"(?:(?<![a-z0-9_.,:/#+¤])|(?<=\d[dhm])){number}(?P<gap>[\s-]{{0,3}}(?:[个個]\s?)?)(?P<unit>{units})"
    if name in ("range", "range_left"):
        sign = rf"\s{{0,3}}(?:{_any_of(words.RANGES.split())})\s{{0,3}}"
        return sign if name == "range" else rf"(?<![a-z0-9_.,:/#+-]){number}{sign}$"
    if name == "whole":
        return rf"(?<!{_LETTER})(?:{_any_of(words.WHOLE)})(?!{_LETTER})"
    if name == "joint":
        return rf"\s*,?\s*(?:{_any_of(words.JOINTS.split())})?\s*"
    if name == "cue":
        return rf"(?<!{_LETTER})(?:{words.CUES})|{words.TIGHT_CUES}"
    if name == "counted":
        per = "|".join(rf"(?<!{_LETTER}){re.escape(word)}" for word in _phrases(words.PER))
        return rf"(?<![#\d])\d[\d.,]*\s+(?P<words>[^\d.:()]{{0,40}}?(?:{per}))\s*$"
    return _PLAIN_SOURCES[name]


def _phrases(text: str) -> list[str]:
    """Single words and the few phrases of two or three that hold them."""
    phrases = ["in any", "toutes les", "in den", "в течение", "in a", "in one"]
    return [*phrases, *text.split()]


_PLAIN_SOURCES = {
    "sentence_end": r"[!?;\n。！？؟।؛]|\.(?!\d)",
    "against_before": rf"(?<!{_LETTER})(?:{words.AGAINST_BEFORE}){_FILLER}",
    "against_after": rf"\s*-?\s*(?:{words.AGAINST_AFTER})",
    "expires": r"expir|läuft|ablauf|verfall|scad|kedaluwarsa|verloopt|süresi|истека|過期|过期|期限",
    "expiring": rf"(?<!{_LETTER})(?:{words.EXPIRING})",
    "english": rf"(?<!{_LETTER})(?:{'|'.join(words.ENGLISH.split())})(?!{_LETTER})",
    "french_hours": r"(?<![\w.,:/])(\d{1,3}) ?h ?([0-5]\d)(?![\w:])(?! ?m)",
    # `12:30`, `at 18 h 30` and the like are times of the day, dates, versions, telephone numbers.
    "clock_left": (
        r"(?<!\d)(?<!\d )(?<![^\W\d_])(?:às|à|a las|las|alle|om|um|at|pukul|jam|saat)\s\d{1,2}\s?"
        r"(?:h(?:\s?[0-5]\d)?|hrs|hours|horas|heures|ore|uur|uhr)(?![^\W_])"
    ),
    "colon_wait": (
        r"(?P<cue>(?:wait(?: for)?|in|for|remaining|left|retry-after|aguarde|espere|attendez|warten sie|attendi)"
        r"\W{0,3})"
        r"(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?!\d)(?!\s*(?:am|pm|uhr|utc|gmt|z\b|[+-]\d))"
    ),
    "no_duration": (
        r"\d{4}-\d\d-\d\d(?:[t ]\d[\d:.]*(?:z|[+-]\d\d:?\d\d)?)?|\d{1,4}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}:\d\d(?::\d\d)?"
        r"|\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}[時时点點](?!間)(?:\d{1,2}分)?|\+\d[\d ().-]{6,18}\d|\bv\d+(?:\.\d+)*"
    ),
}
