"""Waits told in the remote's texts: real, localised, ranges, and texts that hold a time and are no wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewright.domain.journal import RemoteError
from linewright.domain.waits import LONGEST_KEPT, LONGEST_TOLD, Told, told, wait_in, with_margin

MINUTE, HOUR, DAY = 60, 3_600, 86_400

REAL = {
    "Falha no código do pedido: Nossos servidores estão temporariamente indisponíveis. "
    "Aguarde 1 hour antes de tentar novamente.": HOUR,
    "Our servers are temporarily unavailable. Please wait 1 hour before trying again.": HOUR,
}
REAL_WITHOUT = [
    "Tente novamente depois de um tempo.",
    "Você pediu um código de verificação muitas vezes. Tente novamente mais tarde.",
    "You have requested a verification code too many times. Try again later.",
    "Request code failed: Please try again in some time.",
    "O código inserido está incorreto.",
    "Error validating access token: Session has expired on Saturday, 29-Jun-24 09:00:00 PDT. "
    "The current time is Monday, 01-Jul-24 11:06:30 PDT.",
    "Empfänger-Telefonnummer steht nicht auf Positivliste: Füge die Telefonnummer des Empfängers zu einer "
    "Empfängerliste hinzu und versuche es dann noch einmal.",
    "Registration or Deregistration failed because there were too many attempts for this phone number in a short "
    "period of time",
    "Downloading media from weblink failed with http code 429, status message Too Many Requests",
    "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3",
]
ENGLISH = {
    "Please wait 7 hours before trying again.": 7 * HOUR,
    "You can try again in 1 hour 30 minutes.": 90 * MINUTE,
    "Try again in 1 hour and 30 minutes": 90 * MINUTE,
    "Try again in an hour and a half": 90 * MINUTE,
    "You can try again in 1h30m": 90 * MINUTE,
    "Wait 00:45:00 before retrying": 45 * MINUTE,
    "Please wait an hour and try again": HOUR,
    "Please wait one hour": HOUR,
    "Try again in half an hour.": 30 * MINUTE,
    "Wait 1,440 minutes": DAY,
    "Wait 1.5 hours": 90 * MINUTE,
    "Please wait 45s": 45,
    "45 seconds": 45,
    "60 seconds remaining": 60,
    "PIN guessed too fast, retry-after 45s.": 45,
    "Please leave at least 30 seconds between attempts.": 30,
    "You cannot register this number for the next 12 hours": 12 * HOUR,
    "Account temporarily locked; 12 h remaining": 12 * HOUR,
    "There is a 24-hour cooldown": DAY,
    "The lock expires in 7 hours": 7 * HOUR,
    "After 3 failed attempts try again in 45 seconds": 45,
    "Wrong PIN 5 times, locked for 7 hours": 7 * HOUR,
    "Available again in 2 hours": 2 * HOUR,
    "You can request a new code in 1 minute": MINUTE,
}
LOCALISED = {
    "Tente novamente em uma hora": HOUR,
    "Tente novamente em meia hora": 30 * MINUTE,
    "Aguarde 45 seg. antes de tentar": 45,
    "Inténtalo de nuevo dentro de 24 horas": DAY,
    "Número bloqueado por 7 horas": 7 * HOUR,
    "Bitte warten Sie 7 Stunden, bevor Sie es erneut versuchen.": 7 * HOUR,
    "Versuche es in einer Stunde erneut": HOUR,
    "Warten Sie 1,5 Stunden": 90 * MINUTE,
    "Versuch 3 von 5 fehlgeschlagen, bitte 7 Stunden warten": 7 * HOUR,
    "Réessayez dans 45 secondes": 45,
    "Réessayez dans 1h30": 90 * MINUTE,
    "Riprova tra 12 ore": 12 * HOUR,
    "Numero bloccato per 7 ore": 7 * HOUR,
    "Coba lagi dalam 12 jam": 12 * HOUR,
    "Coba lagi dalam sejam": HOUR,
    "Probeer het over 45 seconden opnieuw": 45,
    "1 saat 30 dakika sonra tekrar deneyin": 90 * MINUTE,
    "يرجى الانتظار 7 ساعات قبل المحاولة مرة أخرى": 7 * HOUR,
    "حاول مرة أخرى بعد ٧ ساعات": 7 * HOUR,
    "حاول بعد ساعتين": 2 * HOUR,
    "7 घंटे बाद फिर कोशिश करें": 7 * HOUR,
    "कृपया ७ घंटे प्रतीक्षा करें": 7 * HOUR,
    "Подождите 7 часов и повторите попытку": 7 * HOUR,
    "Повторите через час": HOUR,
    "请等待7小时后重试": 7 * HOUR,
    "請在 45 秒後再試": 45,
    "7時間後にもう一度お試しください": 7 * HOUR,
    "1時間30分お待ちください": 90 * MINUTE,
    "Poczekaj 1 hour przed ponowną próbą": HOUR,
    "Vänta 7 timmar": 7 * HOUR,
    "7시간 후에 다시 시도하세요": 7 * HOUR,
    "Ukewa 1 hour mbele kwandi": HOUR,
}
RANGES = {
    "Try again in 5-10 minutes": 10 * MINUTE,
    "Try again in 5 to 10 minutes.": 10 * MINUTE,
    "Wait between 24 and 48 hours before you retry": 2 * DAY,
    "Wait 24 hours to 48 hours": 2 * DAY,
    "Espera de 5 a 10 minutos": 10 * MINUTE,
    "Attendi da 5 a 10 minuti": 10 * MINUTE,
    "Warte 5 bis 10 Minuten": 10 * MINUTE,
    "Attendez de 24 à 48 heures": 2 * DAY,
    "Подождите от 5 до 10 минут": 10 * MINUTE,
    "等待5至10分钟": 10 * MINUTE,
    "5〜10分お待ちください": 10 * MINUTE,
}
NO_WAIT = [
    "10 requests in 72 hours",
    "Only 10 requests per number are allowed in a 72 hour window",
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    "If more than 24 hours have passed, try again",
    "The code is valid for 10 minutes.",
    "Code valid for 10 minutes, do not try again with an old one",
    "Your code expires in 10 minutes, try again",
    "You have 10 minutes to enter the code",
    "Try again with a code that is not older than 10 minutes",
    "Register again within 14 days",
    "Blocked: more than 10 registrations in 72 hours",
    "You can only try again 10 times in 72 hours",
    "Numbers with paid messages in the last 30 days cannot be deleted, try later",
    "The message was sent outside the 24-hour window, try a template",
    "The number was deleted 5 minutes ago, try again",
    "Name changes are limited to 10 in 30 days",
    "Maximum 250 messages per 24 hours; try later",
    "A PIN is taken once every 30 seconds",
    "Try 3 times a day",
    "Try again at 14:05",
    "Try again at 14:05:30 UTC",
    "Try again on 2026-07-15",
    "Try again with Graph v25.0",
    "Call +55 11 99999-1234 and wait",
    "(#133009) Two step verification PIN guessed too fast, retry",
    "wait 0 seconds",
    "wait -5 minutes",
    "wait 45 days",
    "10 solicitações em 72 horas",
    "Mais de 24 horas se passaram desde a última resposta",
    "El código es válido por 10 minutos",
    "Código enviado há 5 minutos, tente novamente",
    "10 Anfragen in 72 Stunden",
    "Mehr als 24 Stunden sind vergangen",
    "Vor 5 Minuten gelöscht, bitte warten",
    "Le code est valable 10 minutes",
    "Réessayez à 18 h 30",
    "10 permintaan dalam 72 jam",
    "10 запросов в течение 72 часов",
    "72 小时内 10 次",
    "72時間に10回",
]


@pytest.mark.parametrize(("text", "seconds"), {**REAL, **ENGLISH, **LOCALISED, **RANGES}.items())
def test_a_wait_is_found_by_number_and_unit(text: str, seconds: int) -> None:
    assert wait_in(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", [*REAL_WITHOUT, *NO_WAIT])
def test_a_time_is_not_always_a_wait(text: str) -> None:
    assert wait_in(text) is None


def test_details_go_before_the_user_message_and_the_message() -> None:
    error = RemoteError(message="Wait 3 hours", user_message="Wait 2 hours", details="Wait 1 hour")
    assert told(error) == Told(timedelta(hours=1), "text")
    assert told(RemoteError(message="Wait 3 hours", user_message="Wait 2 hours")) == Told(timedelta(hours=2), "text")
    assert told(RemoteError(message="Wait 3 hours", details="No time here")) == Told(timedelta(hours=3), "text")


def test_a_header_counts_when_no_text_tells() -> None:
    header = timedelta(minutes=4)
    assert told(RemoteError(details="Wait 1 hour", told_by_header=header)) == Told(timedelta(hours=1), "text")
    assert told(RemoteError(details="Try again later", told_by_header=header)) == Told(header, "header")


@pytest.mark.parametrize("header", [timedelta(0), timedelta(seconds=-5), timedelta(days=31)])
def test_a_senseless_header_is_no_wait(header: timedelta) -> None:
    assert told(RemoteError(told_by_header=header)) is None


def test_above_seven_days_is_cut_and_marked() -> None:
    assert told(RemoteError(details="Wait 7 days")) == Told(LONGEST_KEPT, "text", too_long=False)
    assert told(RemoteError(details="Wait 8 days")) == Told(LONGEST_KEPT, "text", too_long=True)
    assert told(RemoteError(details="Wait 30 days")) == Told(LONGEST_KEPT, "text", too_long=True)
    assert told(RemoteError(details="Wait 31 days")) is None
    assert told(RemoteError(told_by_header=timedelta(days=9))) == Told(LONGEST_KEPT, "header", too_long=True)


@pytest.mark.parametrize(
    ("wait", "kept"),
    [
        (timedelta(seconds=45), timedelta(seconds=55)),
        (timedelta(minutes=5), timedelta(minutes=5, seconds=15)),
        (timedelta(hours=7), timedelta(hours=7, minutes=21)),
        (timedelta(days=7), timedelta(days=7, minutes=30)),
    ],
)
def test_the_margin(wait: timedelta, kept: timedelta) -> None:
    assert with_margin(wait) == kept


WORDS = st.sampled_from(
    [
        "wait",
        "try",
        "again",
        "5",
        "-",
        "10",
        "hours",
        "1h30m",
        "00:45:00",
        "minutes",
        "½",
        "٧",
        "ساعات",
        "小时",
        "秒",
        "dias",
        "an",
        "half",
        "ago",
        "within",
        "-3",
        "99999999999999",
        "1,5",
        "1.000",
        ".",
        ";",
        "days",
        "weeks",
        "months",
        "expires",
        "code",
        "七",
        "PT5M",
        "h",
        "m",
        "s",
        "×",
        "0",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS).map("".join))


@given(TEXTS, TEXTS, TEXTS, st.one_of(st.none(), st.timedeltas()))
def test_a_told_wait_is_always_bounded(details: str, user: str, message: str, header: timedelta | None) -> None:
    found = told(RemoteError(details=details, user_message=user, message=message, told_by_header=header))
    if found is not None:
        assert timedelta() < found.wait <= LONGEST_KEPT
        assert found.wait == LONGEST_KEPT or not found.too_long


@given(st.integers(1, 10_000), st.sampled_from(["seconds", "minutes", "hours", "days"]))
def test_every_plain_wait_is_read_exactly(count: int, unit: str) -> None:
    wait = timedelta(**{unit: count})
    found = wait_in(f"Too many guesses. Please wait {count} {unit} before you try again.")
    assert found == (wait if wait <= LONGEST_TOLD else None)


@given(st.timedeltas(timedelta(seconds=1), LONGEST_KEPT))
def test_the_margin_is_between_ten_seconds_and_half_an_hour(wait: timedelta) -> None:
    assert timedelta(seconds=10) <= with_margin(wait) - wait <= timedelta(minutes=30)
