"""Where the code stands in a message: real wordings in many languages, and what looks like a code and is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewright.domain.otp_text import code_from_whatsapp, code_in

WORDINGS = {
    "English": "Your WhatsApp code: 123-830\nDon't share this code with others",
    "English, retriever": "<#> Your WhatsApp code: 123-830\nOr tap this link: v.whatsapp.com/123830\n4sgLq1p5sV6",
    "English, business": "WhatsApp Business code: 123-830. It expires in 10 minutes. Don't share it with anyone.",
    "English, code first": "123830 is your WhatsApp Business Platform verification code.",
    "English, forwarded bold": "WhatsApp: *123-830* (valid 10 min)",
    "Portuguese": "Seu código do WhatsApp é 123-830. Não compartilhe este código com ninguém.",
    "Spanish": "Tu código de WhatsApp: 123-830. No compartas este código. Caduca en 10 minutos.",
    "French": "Votre code WhatsApp est : 123 830. Ne le partagez avec personne.",
    "German": "Dein WhatsApp-Code lautet 123-830. Teile ihn niemandem mit. Gültig bis 14:35 Uhr.",
    "Italian": "Il tuo codice WhatsApp è 123-830. Non condividerlo con nessuno.",
    "Polish": "Twój kod WhatsApp: 123-830. Nie udostępniaj go nikomu.",
    "Dutch": "Je WhatsApp-code: 123-830\nDeel deze code niet",
    "Turkish": "WhatsApp kodunuz: 123-830. Bu kodu kimseyle paylaşmayın.",
    "Turkish, suffix": "WhatsApp kodunuz 123-830'dur.",
    "Russian": "Ваш код WhatsApp: 123-830. Не сообщайте его никому.",
    "Ukrainian": "Ваш код Ватсап — 123-830",
    "Arabic": "\u200fرمز واتساب الخاص بك: \u200e١٢٣-٨٣٠\u200f. لا تشارك هذا الرمز مع أحد",
    "Arabic, Latin digits": "كود WhatsApp الخاص بك هو \u202a123-830\u202c",
    "Persian": "کد واتس‌اپ شما: ۱۲۳-۸۳۰",
    "Urdu": "آپ کا وٹس ایپ کوڈ: ۱۲۳۸۳۰",
    "Hebrew": "\u200fקוד ה-WhatsApp שלך: \u200e123-830\u200f",
    "Hindi": "आपका WhatsApp कोड: १२३-८३०। इसे किसी के साथ साझा न करें।",
    "Hindi, Devanagari name": "आपका व्हाट्सएप कोड 123-830 है",
    "Bengali": "আপনার WhatsApp কোড: ১২৩-৮৩০",
    "Thai": "รหัส WhatsApp ของคุณคือ ๑๒๓-๘๓๐ห้ามบอกรหัสนี้กับใคร",
    "Chinese": "您的WhatsApp验证码为１２３－８３０，请勿与他人分享。",
    "Chinese, no spaces": "【WhatsApp】验证码123830请勿告诉他人",
    "Japanese": "WhatsAppコード「123-830」は他の人と共有しないでください",
    "Korean": "WhatsApp 코드는 123-830입니다. 다른 사람과 공유하지 마세요.",
    "Indonesian": "Kode WhatsApp Anda: 123-830. Jangan bagikan kode ini.",
    "Vietnamese": "Mã WhatsApp của bạn: 123\u2011830",
    "Greek": "Ο κωδικός σας WhatsApp: 123–830",
    "Romanian": "Codul tău WhatsApp este 123\u00a0830",
    "Swahili": "Msimbo wako wa WhatsApp: 123-830",
    "voice, in figures": "Your WhatsApp verification code is 1, 2, 3, 8, 3, 0. Again: 1, 2, 3, 8, 3, 0.",
    "voice, in words": "Your WhatsApp code is: one two three – eight three zero.",
    "voice, in Portuguese": "Seu código do WhatsApp é um, dois, três, oito, três, zero",
    "the digits alone": " 123-830\n",
}
NONE = {
    "nothing": "",
    "no digits": "Your WhatsApp account was registered on a new device.",
    "five digits": "Your WhatsApp code: 12383",
    "seven digits": "Your WhatsApp code: 1238301",
    "four and three": "WhatsApp 1123-830",
    "a phone": "WhatsApp: call +1 555 013 3006 for help",
    "a national phone": "WhatsApp: call 0123-830-444 for help",
    "an amount": "WhatsApp Pay: $123830 was sent",
    "an amount after": "WhatsApp Pay: 123 830 ₽ received",
    "an amount in reais": "WhatsApp: pagamento de R$ 123830 recebido",
    "cents": "WhatsApp Pay: you paid 123830.50 today",
    "thousands": "WhatsApp Pay: 1,123,830 points",
    "a date": "WhatsApp: since 2026-11-28 14:35:07 you are logged out",
    "a link": "WhatsApp: see https://v.whatsapp.com/123830",
    "a bare link": "Tap v.whatsapp.com/123830 to verify WhatsApp",
    "a reference": "WhatsApp case REF-123830",
    "an id": "WhatsApp ticket A123830B",
    "a path": "WhatsApp order 44/123830",
    "two codes": "WhatsApp code 123-830 or 999-111",
    "an account at a bank": "Transfer from WhatsApp, IBAN DE12 123830 4455",
    "someone else's in its form": "G-123830 is your Google verification code for WhatsApp",
}


@pytest.mark.parametrize("name", WORDINGS)
def test_the_code_is_found(name: str) -> None:
    assert code_in(WORDINGS[name]) == "123830"
    assert code_from_whatsapp(WORDINGS[name]) == "123830"


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_code_is_not_taken(name: str) -> None:
    assert code_in(NONE[name]) is None
    assert code_from_whatsapp(NONE[name]) is None


def test_of_two_numbers_whatsapps_own_form_is_the_code() -> None:
    text = "Your WhatsApp code: 123-830. Reference 555666."
    assert code_in(text) == "123830"
    assert code_in("The code: 123-830. Reference 555666.") is None


def test_the_same_code_twice_is_one() -> None:
    assert code_from_whatsapp("WhatsApp 123-830 (123830)") == "123830"


@pytest.mark.parametrize(
    "text", ["Your bank's code is 482913.", "482913 is your one-time password", "Código de segurança: 482-913"]
)
def test_another_senders_code_is_none_of_ours_unless_a_person_gives_it(text: str) -> None:
    assert code_from_whatsapp(text) is None
    assert code_in(text) == "482913"


def test_what_lies_beyond_ten_messages_is_not_looked_at() -> None:
    assert code_in("WhatsApp " + "x " * 2_000 + "123-830") is None


SCRIPTS = ("0", "٠", "۰", "०", "০", "๐", "０", "໐", "၀", "០")


@settings(max_examples=150, deadline=None)
@given(
    code=st.integers(0, 999_999).map("{:06d}".format),
    script=st.sampled_from(SCRIPTS),
    gap=st.sampled_from(["", "-", " ", "\u2011", "\u2013", "\u00a0"]),
    before=st.sampled_from([*"\u200e\u200f\u202a\n ", ": ", "« "]),
    after=st.sampled_from(["", "\u200f", ".", "\n", " »", "!", ", "]),
)
def test_any_code_in_any_script_is_found(code: str, script: str, gap: str, before: str, after: str) -> None:
    written = "".join(chr(ord(script) + int(digit)) for digit in code)
    text = f"WhatsApp:{before}{written[:3]}{gap}{written[3:]}{after}"
    assert code_from_whatsapp(text) == code


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_looked_at_without_trouble(text: str) -> None:
    found = code_in(text)
    assert found is None or (len(found) == 6 and found.isascii() and found.isdigit())
    assert code_from_whatsapp(text) in (None, found)
