"""What the remote's errors say to people: several wordings and languages for each, and how it words a time.

`{wait}` is a time still to wait. A wording without it tells no time. Some texts hold a time that is no wait
at all, as real ones do ("more than 10 requests in 72 hours").
"""

from __future__ import annotations

import math
import random

__all__ = ["DETAILS", "LANGUAGES", "USER_TEXTS", "duration"]

LANGUAGES = ("en", "pt", "es", "de", "id")

Texts = dict[str, tuple[str, ...]]

DETAILS: dict[str, Texts] = {
    "half-deregistered": {
        "en": (
            "A previous deregistration of this phone number did not finish. Deregister it again first.",
            "Phone number is in an inconsistent state: last deregister attempt failed.",
        ),
        "pt": ("O cancelamento anterior do registro deste número não foi concluído.",),
        "es": ("La anulación anterior del registro de este número no terminó.",),
        "de": ("Eine frühere Abmeldung dieser Telefonnummer wurde nicht abgeschlossen.",),
        "id": ("Pembatalan pendaftaran nomor ini sebelumnya belum selesai.",),
    },
    "server-down": {
        "en": (
            "Registration server is temporarily unavailable. Please try again later.",
            "We could not reach the registration service. Retry in some time.",
        ),
        "pt": ("O servidor de registro está temporariamente indisponível. Tente mais tarde.",),
        "es": ("El servidor de registro no está disponible por el momento.",),
        "de": ("Der Registrierungsserver ist vorübergehend nicht erreichbar.",),
        "id": ("Server pendaftaran untuk sementara tidak tersedia. Coba lagi nanti.",),
    },
    "pin-mismatch": {
        "en": (
            "The two-step verification PIN does not match.",
            "PIN entered is not the one set for this phone number.",
            "Two step verification PIN mismatch",
        ),
        "pt": ("O PIN da confirmação em duas etapas não confere.",),
        "es": ("El PIN de la verificación en dos pasos no coincide.",),
        "de": ("Die PIN der Verifizierung in zwei Schritten stimmt nicht überein.",),
        "id": ("PIN verifikasi dua langkah tidak cocok.",),
    },
    "verification-needed": {
        "en": (
            "Phone number needs to be verified again before it can be registered.",
            "Re-verification needed. Request a new code by SMS or voice.",
        ),
        "pt": ("O número precisa ser verificado novamente antes do registro.",),
        "es": ("Hay que volver a verificar el número antes de registrarlo.",),
        "de": ("Die Telefonnummer muss vor der Registrierung erneut verifiziert werden.",),
        "id": ("Nomor harus diverifikasi ulang sebelum didaftarkan.",),
    },
    "pin-locked": {
        "en": (
            "Too many wrong PIN guesses. Try again in {wait}.",
            "You guessed the two-step PIN too often; registration is locked for {wait}.",
            "Locked after 5 attempts. Please wait {wait} before you enter the PIN again.",
        ),
        "pt": ("Muitas tentativas de PIN. Aguarde {wait} antes de tentar novamente.",),
        "es": ("Demasiados intentos con el PIN. Espera {wait} e inténtalo de nuevo.",),
        "de": ("Die PIN wurde zu oft falsch eingegeben. Versuche es in {wait} erneut.",),
        "id": ("Terlalu banyak percobaan PIN. Tunggu {wait} sebelum mencoba lagi.",),
    },
    "pin-too-fast": {
        "en": (
            "PIN entered too quickly. Wait {wait}.",
            "You must wait {wait} between two entries of the PIN.",
            "Two-step PIN was guessed too fast, retry after {wait}",
        ),
        "pt": ("O PIN foi inserido rápido demais. Aguarde {wait}.",),
        "es": ("Introdujiste el PIN demasiado rápido. Espera {wait}.",),
        "de": ("Die PIN wurde zu schnell eingegeben. Bitte warte {wait}.",),
        "id": ("PIN dimasukkan terlalu cepat. Tunggu {wait}.",),
    },
    "recently-deleted": {
        "en": (
            "This phone number was deleted recently and its deletion has not finished yet.",
            "Wait 5 minutes before you register a phone number that was just deleted.",
        ),
        "pt": ("Este número foi excluído há pouco e a exclusão ainda não terminou.",),
        "es": ("Este número se eliminó hace poco. Espera unos minutos.",),
        "de": ("Diese Telefonnummer wurde vor Kurzem gelöscht. Bitte warte einige Minuten.",),
        "id": ("Nomor ini baru saja dihapus dan penghapusannya belum selesai.",),
    },
    "attempts-used-up": {
        "en": (
            "Too many attempts for this phone number in a short period of time.",
            "Phone number exceeded 10 requests in 72 hours.",
        ),
        "pt": ("Houve tentativas demais para este número em pouco tempo.",),
        "es": ("Se hicieron más de 10 solicitudes para este número en 72 horas.",),
        "de": ("Für diese Nummer gab es zu viele Versuche in kurzer Zeit.",),
        "id": ("Terlalu banyak percobaan untuk nomor ini dalam waktu singkat.",),
    },
    "bad-certificate": {
        "en": (
            "Message failed to send because of a phone number registration error.",
            "Incorrect certificate: register the phone number and send again.",
        ),
        "pt": ("A mensagem falhou por um erro no registro do número.",),
        "es": ("El mensaje no se envió por un error en el registro del número.",),
        "de": ("Die Nachricht scheiterte an einem Fehler bei der Registrierung der Nummer.",),
        "id": ("Pesan gagal terkirim karena kesalahan pendaftaran nomor.",),
    },
    "account-locked": {"en": ("Business account has been locked.",)},
    "usage": {"en": ("There have been too many calls to this WhatsApp Business Account.",)},
    "generic": {"en": ("An unknown error occurred", "Generic error")},
    "access": {"en": ("There was a problem with the access token or permissions you are using for the API call.",)},
    "storage-registered": {
        "en": ("Storage configuration can only be changed while the phone number is not registered.",)
    },
    "coexistence": {"en": ("The phone number is in use by the WhatsApp Business app.",)},
}

USER_TEXTS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "code-not-sent": {
        "en": (("Could not send the code", "Request code failed: Please try again in some time."),),
        "pt": (("Não foi possível enviar o código", "Tente novamente depois de um tempo."),),
        "es": (("No se pudo enviar el código", "Vuelve a intentarlo dentro de un rato."),),
        "de": (("Code konnte nicht gesendet werden", "Bitte versuche es später noch einmal."),),
        "id": (("Tidak dapat mengirim kode", "Coba lagi beberapa saat lagi."),),
    },
    "code-not-sent-wait": {
        "en": (
            (
                "Could not send the code",
                "Request code failed: Our servers are temporarily unavailable. Please wait {wait} before trying again.",
            ),
        ),
        "pt": (
            (
                "Não foi possível enviar o código",
                "Falha no código do pedido: Nossos servidores estão temporariamente indisponíveis. "
                "Aguarde {wait} antes de tentar novamente.",
            ),
        ),
        "de": (("Code konnte nicht gesendet werden", "Warte {wait}, bevor du es erneut versuchst."),),
    },
    "code-quota": {
        "en": (
            (
                "Request code rate limit",
                "You have requested a verification code too many times. Try again later.",
            ),
        ),
        "pt": (
            (
                "Solicitar limite de volume do código",
                "Você pediu um código de verificação muitas vezes. Tente novamente mais tarde.",
            ),
        ),
        "es": (("Límite de solicitudes de código", "Pediste el código demasiadas veces."),),
    },
    "already-verified": {
        "en": (("Phone number already verified", "This phone number is already verified."),),
        "pt": (("Número já verificado", "Este número de telefone já foi verificado."),),
    },
    "wrong-code": {
        "en": (("Could not verify the code", "The code you entered is incorrect."),),
        "pt": (("Não foi possível verificar o código", "O código inserido está incorreto."),),
        "es": (("No se pudo verificar el código", "El código que ingresaste es incorrecto."),),
        "de": (("Code konnte nicht bestätigt werden", "Der eingegebene Code ist falsch."),),
        "id": (("Tidak dapat memverifikasi kode", "Kode yang Anda masukkan salah."),),
    },
    "code-too-old": {
        "en": (("Could not verify the code", "The code has expired. Request a new one."),),
        "pt": (("Não foi possível verificar o código", "O código expirou. Peça outro."),),
    },
    "weak-pin": {
        "en": (("Weak PIN", "Choose a PIN that is harder to guess."),),
        "pt": (("PIN fraco", "Escolha um PIN mais difícil de adivinhar."),),
    },
    "pin-format": {
        "en": (("Invalid PIN format", "The PIN must have six digits."),),
        "pt": (("Formato de PIN inválido", "O PIN deve ter seis dígitos."),),
    },
    "no-certificate": {
        "en": (("Cannot Create Certificate", "The display name of this phone number has not been processed yet."),),
        "es": (("No se puede crear el certificado", "El nombre visible aún no se ha procesado."),),
    },
    "not-registered": {
        "en": (("Not registered", "Phone number not registered on the WhatsApp Business Platform."),),
    },
    "already-listed": {
        "en": (("Phone number already added", "This phone number is already in your list."),),
    },
    "two-step-on": {
        "en": (("Two-step verification is on", "Turn two-step verification off before you migrate."),),
        "pt": (("Confirmação em duas etapas ativada", "Desative-a antes de migrar o número."),),
        "es": (("Verificación en dos pasos activada", "Desactívala antes de migrar el número."),),
        "de": (("Zwei-Schritte-Verifizierung ist an", "Schalte sie vor der Migration aus."),),
    },
    "ownership": {
        "en": (("Ownership not confirmed", "Confirm that you own this phone number before you migrate it."),),
        "pt": (("Propriedade não confirmada", "Confirme que este número é seu antes de migrá-lo."),),
        "de": (("Inhaberschaft nicht bestätigt", "Bestätige zuerst, dass dir diese Nummer gehört."),),
    },
    "migration-webhooks": {
        "en": (("Webhooks not set", "Set webhooks on the destination account before you migrate this number."),),
        "pt": (("Webhooks não configurados", "Configure os webhooks na conta de destino antes de migrar."),),
        "de": (("Webhooks fehlen", "Richte im Zielkonto zuerst Webhooks ein."),),
    },
    "migration-not-needed": {
        "en": (("No migration needed", "Add this phone number directly; it does not have to be migrated."),),
        "pt": (("Migração desnecessária", "Adicione o número diretamente."),),
        "es": (("No hace falta migrar", "Agrega este número directamente."),),
    },
    "migration-name": {
        "en": (("Display name not approved", "The display name must be approved, and no other may be pending."),),
        "pt": (("Nome de exibição não aprovado", "O nome de exibição precisa estar aprovado."),),
        "de": (("Anzeigename nicht genehmigt", "Der Anzeigename muss genehmigt sein, und keiner darf ausstehen."),),
    },
    "migration-source": {
        "en": (("Source not set up", "The source account is not set up for this migration."),),
        "pt": (("Conta de origem não configurada", "A conta de origem não está pronta para a migração."),),
    },
    "migration-payment": {
        "en": (("No payment account", "Add a payment account to the destination before you migrate."),),
        "pt": (("Sem conta de pagamento", "Adicione uma forma de pagamento à conta de destino."),),
        "es": (("Sin cuenta de pago", "Agrega una cuenta de pago en el destino."),),
    },
    "migration-fault": {
        "en": (("Migration failed", "There was an error migrating this phone number. Try again later."),),
        "pt": (("Falha na migração", "Ocorreu um erro ao migrar este número."),),
        "de": (("Migration fehlgeschlagen", "Bei der Migration dieser Nummer trat ein Fehler auf."),),
    },
    "migration-business": {
        "en": (("Another business", "This phone number belongs to another Business Manager."),),
        "pt": (("Outra empresa", "Este número pertence a outro Gerenciador de Negócios."),),
    },
    "migration-destination": {
        "en": (("Destination not approved", "The destination account must be approved first."),),
        "pt": (("Destino não aprovado", "A conta de destino precisa ser aprovada."),),
        "de": (("Ziel nicht genehmigt", "Das Zielkonto muss zuerst genehmigt werden."),),
    },
    "migration-messaging-for": {
        "en": (("Messaging For pending", "The destination's Messaging For request must be approved first."),),
        "pt": (("Messaging For pendente", "A solicitação do destino precisa ser aprovada."),),
    },
}

_UNITS = {
    "en": (("second", "seconds"), ("minute", "minutes"), ("hour", "hours")),
    "pt": (("segundo", "segundos"), ("minuto", "minutos"), ("hora", "horas")),
    "es": (("segundo", "segundos"), ("minuto", "minutos"), ("hora", "horas")),
    "de": (("Sekunde", "Sekunden"), ("Minute", "Minuten"), ("Stunde", "Stunden")),
    "id": (("detik", "detik"), ("menit", "menit"), ("jam", "jam")),
}
_SIZES = (1, 60, 3600)


def duration(seconds: float, language: str, varied: bool, chance: random.Random) -> str:
    """Word a wait of `seconds`, never shorter than it is: in its largest even unit, or in any if `varied`.

    Times from one hour up are told to the next whole minute. A localised text often keeps the English words.
    """
    whole = math.ceil(seconds)
    if whole >= 3600:
        whole = math.ceil(whole / 60) * 60
    even = [place for place, size in enumerate(_SIZES) if whole % size == 0]
    place = chance.choice(even) if varied else even[-1]
    amount = whole // _SIZES[place]
    words = _UNITS[language if chance.random() < 0.5 else "en"]
    return f"{amount} {words[place][amount != 1]}"
