"""The doctor: looks at everything that a registration rests on, and says for each what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from linewright.doctor_home import Finding, finding, home, key, put_back
from linewright.domain.budget import budget_of
from linewright.domain.case import Case
from linewright.domain.journal import Answer, CallKind, Outcome
from linewright.domain.number import Standing, Wanted
from linewright.domain.pins import PinState
from linewright.domain.rails import NOT_OURS, WAY_BACK
from linewright.errors import LinewrightError
from linewright.fleet import PERMISSIONS
from linewright.graph.remote import subscribed_to
from linewright.wiring import Installation

__all__ = ["examine", "examine_number", "finding"]

CLOCKS_APART = timedelta(minutes=5)
EXPIRES_SOON = timedelta(days=7)


async def examine(office: Installation) -> list[Finding]:
    """Home, key, database, clock, and for each account: remote, token, permissions, subscription."""
    found = [home(office), key(office), finding("database", True, f"Reached and up to date ({_kind(office)}).")]
    found += [_workers(office), *put_back(office)]
    accounts = [line.account.name for line in office.store.accounts.all()]
    if not accounts:
        found.append(
            finding(
                "accounts", False, "No account is known.", "linewright account add NAME --waba ID --token-file FILE"
            )
        )
    for name in accounts:
        found += [line async for line in _account(office, name)]
    return found


def _kind(office: Installation) -> str:
    return "SQLite in the home" if office.store.database.is_sqlite else "PostgreSQL"


def _workers(office: Installation) -> Finding:
    alive = office.store.workers.alive()
    if not alive:
        waits = office.store.operations.count_open()
        return finding(
            "worker",
            None if waits else True,
            f"No worker runs here; {waits} operation{' is' if waits == 1 else 's are'} open."
            if waits
            else "No worker runs here, and none is needed.",
            "Start `linewright worker`, or run each operation's command again when its time comes.",
        )
    versions = sorted({worker.version for worker in alive})
    names = f"{len(alive)} worker{'' if len(alive) == 1 else 's'} of Linewright {', '.join(versions)}"
    if len(versions) > 1:
        return finding("worker", False, f"{names} run here.", "Bring all of them to the newest of these versions.")
    return finding("worker", True, f"{names} at work.")


async def _account(office: Installation, name: str) -> AsyncIterator[Finding]:
    """The checks of one account; a remote that cannot be reached leaves the rest unknown."""
    account = office.store.accounts.get(name)
    label = f"account {name}"
    try:
        client = office.clients.of(name)
    except LinewrightError as error:
        yield finding(label, False, error.message, error.fix)
        return
    answer = await client.read_account(account.waba)
    if answer.outcome not in (Outcome.OK, Outcome.REFUSED):
        fix = "Check the network, a proxy, and LINEWRIGHT_GRAPH_URL; then look at metastatus.com."
        yield finding(f"{label}: remote", None, f"The remote did not answer: {answer.failure}.", fix)
        return
    yield finding(f"{label}: remote", True, "The remote answers.")
    yield _clock(office, answer, label)
    yield _readable(answer, label, name)
    async for line in _token(office, name, label):
        yield line
    apps = await client.subscribed_apps(account.waba)
    if apps.outcome is not Outcome.OK:
        yield finding(f"{label}: webhooks", None, "The subscriptions could not be read.", _words(apps))
    elif subscribed_to(apps, office.clients.app_of(name)):
        yield finding(f"{label}: webhooks", True, "The app is subscribed to the account's webhooks.")
    else:
        yield finding(
            f"{label}: webhooks",
            False,
            "The app is not subscribed to the account's webhooks: nothing that happens there is told to it.",
            "The next register subscribes it, unless --no-subscribe is given.",
        )


def _clock(office: Installation, answer: Answer, label: str) -> Finding:
    if answer.remote_time is None:
        return finding(f"{label}: clock", None, "The remote told no time.", "Nothing to do.")
    apart = abs(office.clock.now() - answer.remote_time)
    if apart > CLOCKS_APART:
        minutes = int(apart.total_seconds() // 60)
        return finding(
            f"{label}: clock",
            False,
            f"This machine's clock and the remote's are {minutes} minutes apart.",
            "Set this machine's clock by NTP: waits are counted with it.",
        )
    return finding(f"{label}: clock", True, "This machine's clock agrees with the remote's.")


def _readable(answer: Answer, label: str, name: str) -> Finding:
    if answer.outcome is Outcome.OK:
        return finding(f"{label}: account", True, "The account can be read with this token.")
    return finding(
        f"{label}: account",
        False,
        f"The account cannot be read: {_words(answer)}",
        "Assign it to the token's system user, or give a new token: "
        f"linewright account update {name} --token-file FILE",
    )


async def _token(office: Installation, name: str, label: str) -> AsyncIterator[Finding]:
    """Validity, days left, scopes; where the remote will not tell, the account's reading stands for it."""
    answer = await office.clients.of(name).debug_token()
    if answer.outcome is not Outcome.OK:
        yield finding(f"{label}: token", None, "The remote would not tell about the token.", _words(answer))
        return
    body = answer.body
    renew = f"linewright account update {name} --token-file FILE"
    if body.get("is_valid") is not True:
        yield finding(f"{label}: token", False, "The token is no longer valid.", renew)
        return
    ends = body.get("expires_at")
    left = timedelta(seconds=ends - office.clock.now().timestamp()) if isinstance(ends, int) and ends else None
    if left is not None and left < EXPIRES_SOON:
        yield finding(f"{label}: token", False, f"The token expires in {max(left.days, 0)} days.", renew)
    else:
        yield finding(f"{label}: token", True, "The token is valid" + (f" for {left.days} days." if left else "."))
    scopes = body.get("scopes")
    missing = [scope for scope in PERMISSIONS if not isinstance(scopes, list) or scope not in scopes]
    if missing:
        yield finding(
            f"{label}: permissions",
            False,
            f"The token lacks {' and '.join(missing)}.",
            "Make a new system-user token with both permissions, then: " + renew,
        )
    else:
        yield finding(f"{label}: permissions", True, "The token has both WhatsApp permissions.")


def _words(answer: Answer) -> str:
    if answer.error is None:
        return answer.failure or "no words came with it"
    trace = f" (fbtrace_id {answer.fbtrace_id})" if answer.fbtrace_id else ""
    return f"{answer.error.message} ({answer.error.code}){trace}"


def examine_number(case: Case, answer: Answer) -> list[Finding]:
    """One number, as just read: standing, verification, name, PIN and its dead ends, budgets."""
    reading = case.last_good
    if reading is None or answer.outcome is not Outcome.OK:
        said = f"The number could not be read: {_words(answer)}"
        return [finding("reading", False, said, "See `linewright doctor`, and `linewright explain` with that code.")]
    found = [_standing(case)]
    if not case.registered and case.standing not in NOT_OURS:
        verified = reading.verified
        found.append(
            finding(
                "verification",
                True if verified else None,
                "Its phone is verified." if verified else f"Its verification reads {reading.code_verification_status}.",
                "Nothing to do before a register asks for it; then a code goes to the phone.",
            )
        )
    if reading.name_status:
        fine = reading.name_approved or case.registered
        found.append(
            finding(
                "display name",
                fine,
                f"The display name's review reads {reading.name_status}.",
                "Wait for Meta's decision (up to 48 h) and do not edit the name meanwhile; if declined, change it.",
            )
        )
    found += _two_step(case)
    found.append(_budget(case))
    return found


def _standing(case: Case) -> Finding:
    standing = case.standing
    if standing in NOT_OURS:
        return finding("standing", standing is Standing.TEST, f"{standing}: {NOT_OURS[standing]}", WAY_BACK[standing])
    if standing is Standing.UNKNOWN:
        return finding("standing", None, "The reading cannot be understood yet.", "It is read again in 15 minutes.")
    if case.registered:
        restricted = standing is Standing.RESTRICTED
        return finding(
            "standing",
            not restricted,
            "Registered, but restricted." if restricted else "Registered and online.",
            "See Account Quality in Meta Business Suite.",
        )
    if case.number.wanted is Wanted.RELEASED:
        return finding("standing", True, f"Not registered ({standing}), as is wanted: it was given up on purpose.")
    return finding("standing", False, f"Not registered ({standing}).", f"linewright register {case.number.e164}")


def _two_step(case: Case) -> list[Finding]:
    """What is known of the PIN, and the dead ends that people meet when they switch two-step off."""
    state = case.pins.state
    if state is PinState.ACCEPTED:
        return [finding("PIN", True, "A PIN is kept that the remote has accepted.")]
    if case.two_step is False:
        return [finding("PIN", True, "Two-step verification is off: the next register sets a PIN and keeps it.")]
    known = "A PIN is kept, not yet proven." if case.pins.candidates else f"No PIN is kept (state: {state})."
    on = "is on" if case.two_step else "may be on"
    give = f"linewright register {case.number.e164} --pin-file FILE, or linewright set-pin {case.number.e164}"
    found = [finding("PIN", bool(case.pins.candidates) or None, f"Two-step verification {on}. {known}", give)]
    if not case.pins.candidates:
        found.append(
            finding(
                "switching two-step off",
                None,
                "If the button is missing in WhatsApp Manager: only an admin of the portfolio that owns the account "
                "sees it. If the mail does not come: it goes to the portfolio's own address; look in spam, and at "
                "that address in Business Settings. If the PIN is still asked for afterwards: the link in the mail "
                "must be opened, and the change takes some minutes.",
                "When it is off, answer the PIN question with done; or let Linewright set a new PIN (approve).",
            )
        )
    return found


def _budget(case: Case) -> Finding:
    budget = budget_of(case, CallKind.REGISTER)
    if budget.blocked_until:
        return finding(
            "attempts",
            False,
            f"Registrations are held until {budget.blocked_until:%Y-%m-%d %H:%M} UTC.",
            "Nobody can shorten that; Linewright goes on by itself.",
        )
    left = budget.automatic_limit - budget.used
    return finding(
        "attempts",
        left > 0,
        f"{budget.used} of {budget.limit} registrations of 72 hours were made by Linewright.",
        "Wait until the oldest is 72 hours old, or spend the reserve with --use-reserve.",
    )
