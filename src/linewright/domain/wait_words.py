"""The words by which a wait is told, in many languages: units, numbers, cues for a wait and against one.

The remote localises its texts, and sometimes leaves the duration in English inside a sentence of
another language. The words are stems: a cue may go on in other letters, a unit may not.
"""

from __future__ import annotations

__all__ = [
    "AGAINST_AFTER",
    "AGAINST_BEFORE",
    "CUES",
    "ENGLISH",
    "ENGLISH_UNITS",
    "EXPIRING",
    "JOINTS",
    "NUMBERS",
    "PER",
    "RANGES",
    "TIGHT_CUES",
    "TIGHT_UNITS",
    "UNITS",
    "WHOLE",
]

SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
WEEK, MONTH = 7 * DAY, 30 * DAY


def _each(value: float, line: str) -> dict[str, float]:
    """The same value for each word of a line."""
    return dict.fromkeys(line.split(), value)


ENGLISH_UNITS: dict[str, float] = {
    **_each(SECOND, "second seconds sec secs"),
    **_each(MINUTE, "minute minutes min mins"),
    **_each(HOUR, "hour hours hr hrs"),
    **_each(DAY, "day days"),
    **_each(WEEK, "week weeks"),
    **_each(MONTH, "month months"),
}

UNITS: dict[str, float] = {
    **ENGLISH_UNITS,
    **_each(
        SECOND,
        "s segundo segundos seg segs sekunde sekunden sek seconde secondes seconden secondo secondi detik saniye "
        "sn sekund sekunda sekundy sekundę sekunder secunde sekuntia giây ثانية ثواني ثوان ثوانٍ सेकंड सेकेंड "
        "सेकण्ड секунда секунды секунду секунд сек δευτερόλεπτα שניות วินาที",
    ),
    **_each(
        MINUTE,
        "minuto minutos minuten minuti menit dakika dk minut minuta minutę minuty minuter minutter minuuttia "
        "phút دقيقة دقائق मिनट минута минуты минуту минут мин хвилина хвилини хвилину хвилин λεπτά דקות "
        "นาที",
    ),
    **_each(
        HOUR,
        "h hora horas std stunde stunden heure heures ora ore jam uur uren saat godzina godzinę godziny godzin "
        "godz timme timmar timer hodin hodiny hodinu tuntia óra giờ ساعة ساعات घंटा घंटे घण्टे घण्टा घंटों "
        "час часа часов ч година години годину годин ώρα ώρες שעה שעות ชั่วโมง",
    ),
    **_each(
        DAY,
        "dia dias día días tag tage tagen jour jours giorno giorni hari dag dagen dagar dage gün dzień dni "
        "zile zi päivää ngày يوم أيام ايام يوما दिन दिनों день дня дней дні днів ημέρες ימים วัน",
    ),
    **_each(
        WEEK,
        "semana semanas woche wochen semaine semaines settimana settimane minggu weken hafta أسبوع أسابيع "
        "सप्ताह हफ़्ते हफ्ते неделя недели неделю недель",
    ),
    **_each(MONTH, "mês meses mes monat monate monaten mois mese mesi bulan maand maanden"),
    **_each(MONTH, "ay месяц месяца месяцев"),
    "m": MINUTE,
    "d": DAY,
}

TIGHT_UNITS: dict[str, float] = {
    "秒钟": SECOND,
    "秒鐘": SECOND,
    "秒": SECOND,
    "초": SECOND,
    "分钟": MINUTE,
    "分鐘": MINUTE,
    "分": MINUTE,
    "분": MINUTE,
    "个小时": HOUR,
    "個小時": HOUR,
    "小时": HOUR,
    "小時": HOUR,
    "時間": HOUR,
    "시간": HOUR,
    "天": DAY,
    "日間": DAY,
    "일": DAY,
    "週間": WEEK,
    "周": WEEK,
}
"""Units of scripts without spaces: the next word may follow at once."""

NUMBERS: dict[str, float] = {
    **_each(1, "a an one um uma un una uno une un' ein eine einen einer einem één een satu bir"),
    **_each(1, "один одну одна одного واحدة واحد एक 一 jedną jedna en ett"),
    **_each(2, "two dois duas dos zwei deux due dua twee iki два две двух दो 二 两 兩"),
    **_each(3, "three três tres drei trois tre tiga drie üç три трёх трех तीन 三"),
    **_each(4, "four quatro cuatro vier quatre quattro empat dört четыре चार 四"),
    **_each(5, "five cinco fünf cinq cinque lima vijf beş пять पाँच पांच 五"),
    **_each(6, "six seis sechs sei enam zes altı шесть छह 六"),
    **_each(7, "seven sete siete sieben sept sette tujuh zeven yedi семь सात 七"),
    **_each(8, "eight oito ocho acht huit otto delapan sekiz восемь आठ 八"),
    **_each(9, "nine nove nueve neun neuf negen sembilan dokuz девять नौ 九"),
    **_each(10, "ten dez diez zehn dix dieci sepuluh tien десять दस 十"),
    **_each(11, "eleven onze elf undici"),
    **_each(12, "twelve doze doce zwölf douze dodici twaalf двенадцать बारह 十二"),
    **_each(15, "fifteen quinze quince fünfzehn quindici vijftien пятнадцать 十五"),
    **_each(20, "twenty vinte veinte zwanzig vingt venti twintig двадцать 二十"),
    "twenty-four": 24,
    "vierundzwanzig": 24,
    "veinticuatro": 24,
    "vingt-quatre": 24,
    "ventiquattro": 24,
    **_each(30, "thirty trinta treinta dreißig trente trenta dertig тридцать 三十"),
    "forty-five": 45,
    "forty-eight": 48,
    "sixty": 60,
    "seventy-two": 72,
    "ninety": 90,
    "eineinhalb": 1.5,
    "anderthalb": 1.5,
    "полтора": 1.5,
    "half an": 0.5,
    "half a": 0.5,
    "meia": 0.5,
    "media": 0.5,
    "demi-": 0.5,
    "halben": 0.5,
    "halbe": 0.5,
    "mezz'": 0.5,
    "mezza": 0.5,
    "halve": 0.5,
    "setengah": 0.5,
    "yarım": 0.5,
    "пол": 0.5,
    "半": 0.5,
}

WHOLE: dict[str, str] = {
    "hour and a half": "hour 30 minutes",
    "hora e meia": "hora 30 minutos",
    "hora y media": "hora 30 minutos",
    "heure et demie": "heure 30 minutes",
    "ora e mezza": "ora 30 minuti",
    "anderthalb stunden": "90 minuten",
    "sejam": "1 jam",
    "semenit": "1 menit",
    "sehari": "1 hari",
    "через час": "через 1 час",
    "через минуту": "через 1 минуту",
    "через день": "через 1 день",
    "полчаса": "30 минут",
    "сутки": "24 часа",
    "بعد ساعة": "بعد 1 ساعة",
    "بعد دقيقة": "بعد 1 دقيقة",
    "بعد يوم": "بعد 1 يوم",
    "ساعتين": "2 ساعة",
    "دقيقتين": "2 دقيقة",
    "يومين": "2 يوم",
}
"""Durations that hold their number in the word, and how they are read."""

RANGES = (
    "- – — ~ 〜 ～ 至 到 から to or and until through till a até hasta o y e ou bis oder und à et da "
    "hingga sampai atau tot of en ila veya до или إلى او أو से या 또는 do lub"
)
JOINTS = "and & + e y und et ed en dan ve и و और と och og plus"

PER = (
    "in in a in any in one per every each within during over / por em en a cada pro je alle innerhalb par toutes les "
    "dans di in den ogni per setiap dalam tiap elke iedere her за в в течение каждые في كل خلال हर में प्रति 每"
)

CUES = (
    # English
    "wait|retry|retries|re-try|try|again|locked|lockout|locks?\\b|lock (?:will|expires)|block|suspend|cool|come back|"
    "check back|remain|left\\b|later|until|next (?:attempt|request|try|guess)|not before|hold off|delay|pause|"
    "must (?:pass|elapse)|(?:has|have|need|needs) to (?:pass|elapse)|for the next|for another|banned|throttl|"
    "between (?:two )?(?:attempts|requests|tries|calls|guesses|registrations)|earliest|unlock|lifted|"
    "you can (?:request|ask|get)|(?:available|allowed|possible|resets?|opens?) (?:again|in\\b|after)|"
    # Portuguese, Spanish
    "aguard|esper|tente|tentar|tentativa|novamente|bloque|bloqu|rest(?:am|ante|an)\\b|faltam|faltan|daqui|volte|"
    "mais tarde|depois|intent|intént|reintent|reinténtel|de nuevo|nuevamente|quedan|vuelv|más tarde|"
    # German, Dutch
    "wart|erneut|nochmal|noch einmal|wieder|versuch|gesperrt|sperr|blockier|verbleib|später|gedulden|frühestens|"
    "wacht|opnieuw|probeer|nogmaals|vergrendeld|geblokkeerd|resterend|"
    # French, Italian
    "attend|patient|réessay|ressay|à nouveau|de nouveau|nouvelle tentative|verrouill|reste|plus tard|"
    "aspett|riprov|di nuovo|nuovamente|bloccat|riman|ritent|più tardi|"
    # Indonesian, Turkish
    "tunggu|coba|lagi\\b|terkunci|diblokir|tersisa|setelah|ulang|bekle|tekrar|yeniden|kilit|engel|kaldı|kalan|sonra|"
    # Polish, Swedish, Danish, Norwegian, Finnish, Czech, Romanian, Hungarian, Vietnamese
    "poczekaj|odczekaj|zaczekaj|spróbuj|ponown|zablok|pozost|vänta|försök|igen\\b|vent\\b|prøv|igjen|odota|yritä|"
    "uudelleen|počkejte|znovu|zkuste|aștept|încerc|din nou|várj|újra|próbál|chờ|đợi|thử lại|"
    # Russian, Ukrainian, Greek
    "подожд|ожид|повтор|снова|попроб|заблок|остал|позже|через|ещё раз|еще раз|зачек|спроб|знову|περιμέν|ξανά|δοκιμ|"
    # Arabic, Hebrew, Hindi, Thai, Bengali
    "انتظر|الانتظار|حاول|المحاولة|مرة أخرى|مجدد|قفل|حظر|متبق|بعد|המת|נסה|שוב|"
    "प्रतीक्षा|इंतज़ार|इंतजार|पुनः|दोबारा|फिर|लॉक|ब्लॉक|बाद|शेष|रुक|รอ|ลอง|อีกครั้ง|অপেক্ষা|আবার"
)
TIGHT_CUES = (
    "等|稍候|稍后|稍後|重试|重試|再试|再試|再次|重新|锁|鎖|剩余|剩餘|后|後|"
    "待|再度|もう一度|ロック|残り|やり直|경과|기다|다시|후|대기|잠금"
)
"""Cues of scripts without spaces, found anywhere."""

AGAINST_BEFORE = (
    # English
    "within(?: the)?(?: next| last| first)?|in the (?:last|past|previous|next|first)|"
    "(?:over|for|during|from) the (?:last|past|previous)|(?:last|past|previous)|every|each|older than|newer than|"
    "valid(?: for| until)?|good for|lasts?(?: for)?|once|twice|times|took|takes?(?: up to)?|for over|"
    # Portuguese, Spanish
    "(?:nos|nas|dos|das|en los|en las|de los|de las) (?:últimos|últimas|próximos|próximas)|há|hace|a cada|cada|"
    "válid[oa](?: por| durante)?|"
    # German, Dutch
    "innerhalb(?: von| der)?|binnen|(?:in den|der|die) letzten|vor|alle|gültig(?: für)?|(?:de )?(?:afgelopen|laatste)|"
    "elke|geldig|"
    # French, Italian
    "(?:au cours|lors) des|dans les|il y a|ces|(?:ces|les|des) (?:dernières|derniers)|toutes les|valable|valide|"
    "entro|(?:negli|nelle|degli|delle) ultim[ie]|ogni|valido(?: per)?|"
    # Indonesian, Turkish, Russian, Arabic, Hindi
    "setiap|berlaku(?: selama)?|son|her|geçerli|за|(?:за )?последни[ех]|каждые|действителен|خلال|آخر|كل|صالح(?: لمدة)?|"
    "पिछले|हर|मान्य|过去|最近|過去|每|有效期|有効期限は?"
)
AGAINST_AFTER = (
    # English
    "ago\\b|old\\b|window|-?long\\b|(?:have|has|had) (?:already )?(?:passed|elapsed)|(?:passed|elapsed)\\b|since\\b|"
    "(?:or )?(?:older|earlier)\\b|trial|deadline|limit\\b|"
    "(?:left |remaining )?to (?:enter|complete|finish|verify|use|confirm|appeal)|"
    # Portuguese, Spanish, German, Dutch
    "atrás|se passaram|já passaram|pasaron|han pasado|pasadas|vergangen|verstrichen|sind vergangen|fenster|geleden|"
    "verstreken|zijn verstreken|janela|"
    # French, Italian, Indonesian, Turkish, Russian
    "(?:se )?sont écoulées|écoulées|fa\\b|(?:sono )?passate|sono trascorse|yang lalu|berlalu|"
    "terakhir|önce|içinde|geçti|назад|прошло|"
    # Arabic, Hindi, Chinese, Japanese
    "مضت|مرت|के भीतर|के अंदर|पहले|से अधिक समय बीत|内|內|以内|以內|之内|前|有効|有效|以上経過|が経過|に\\d|\\d*次|\\d*回"
)

EXPIRING = (
    "code|otp|token|link|session|certificate|password|código|codigo|enlace|sessão|sesión|zertifikat|sitzung|lien|"
    "codice|kode|kod\\b|код|رمز|कोड|验证码|コード"
)

ENGLISH = "the is are was were has have your you this that of to for with please more than because not be in on after"
