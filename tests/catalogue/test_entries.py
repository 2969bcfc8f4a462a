"""The packaged catalogue against the design's table of remedies, written here by hand."""

from __future__ import annotations

import pytest

from linewright.catalogue.loader import load
from linewright.catalogue.render import duration, lines, markdown
from linewright.domain.entries import Catalogue, Entry
from linewright.domain.journal import CallKind, RemoteError
from linewright.domain.remedies import NAMES
from linewright.explain import explain

Row = tuple[int, int | None, str, CallKind | None, str, int | None]
REGISTER, DEREGISTER, CREATE = CallKind.REGISTER, CallKind.DEREGISTER, CallKind.CREATE

NINE_AND_ONE: list[Row] = [
    (133000, None, "", REGISTER, "half_deregistered", None),
    (133004, None, "", REGISTER, "server_down", 60),
    (133005, None, "", REGISTER, "pin_mismatch", None),
    (133006, None, "", REGISTER, "verification_lapsed", None),
    (133008, None, "", REGISTER, "guesses_locked", 43_200),
    (133009, None, "", REGISTER, "pin_too_soon", 30),
    (133010, None, "", REGISTER, "not_registered", None),
    (133015, None, "", REGISTER, "recently_deleted", 300),
    (133016, None, "", REGISTER, "attempts_used_up", 259_200),
    (131045, None, "", None, "certificate", None),
]
OTHER_ROWS: list[Row] = [
    (136024, 2388367, "", CallKind.REQUEST_CODE, "code_requests_used_up", 86_400),
    (136024, 2388091, "", CallKind.REQUEST_CODE, "code_not_sent", 3_600),
    (136024, None, "", CallKind.REQUEST_CODE, "code_not_needed", 86_400),
    (136024, 1, "", CallKind.REQUEST_CODE, "code_not_needed", 86_400),
    (136025, None, "", CallKind.VERIFY_CODE, "wrong_code", None),
    (136025, 2388093, "", CallKind.VERIFY_CODE, "wrong_code", None),
    (131031, None, "", REGISTER, "policy_lock", None),
    (100, None, "Register endpoint is not available for SMB businesses.", REGISTER, "lives_in_app", None),
    (
        100,
        None,
        "Deregister endpoint is not available for API solution for SMB businesses.",
        DEREGISTER,
        "lives_in_app",
        None,
    ),
    (100, None, "(#100) The parameter pin is required.", REGISTER, "pin_malformed", None),
    (100, None, "Invalid PIN format. PIN must be exactly 6 digits", CallKind.SET_PIN, "pin_malformed", None),
    (100, None, "(#100) The parameter pin is required.", None, "pin_malformed", None),
    (100, 2388092, "weak PIN", REGISTER, "pin_malformed", None),
    (100, 2207051, "Phone number not registered", DEREGISTER, "not_registered", None),
    (100, None, "Phone number is not currently linked in Facebook Hosted System", DEREGISTER, "not_registered", None),
    (100, None, "The number is not linked", DEREGISTER, "not_registered", None),
    (2388001, None, "", REGISTER, "name_not_processed", None),
    (100, 2388001, "Cannot Create Certificate", REGISTER, "name_not_processed", None),
    (2388001, None, "", CREATE, "migration_precondition", 900),
    (100, 2388001, "", CREATE, "migration_precondition", 900),
    (2388012, None, "", CREATE, "already_listed", None),
    (100, 2388012, "", CREATE, "already_listed", None),
    (2388103, None, "", CREATE, "migration_precondition", 900),
    (100, 2388103, "", CREATE, "migration_precondition", 900),
    *((code, None, "", CallKind.READ, "token_dead", None) for code in (190, 102, 104, 0)),
    (190, 463, "", CallKind.READ, "token_dead", None),
    (100, 33, "Unsupported get request.", CallKind.READ, "not_permitted", None),
    (100, None, "(#100) Missing Permission", REGISTER, "not_permitted", None),
    *((code, None, "", REGISTER, "not_permitted", None) for code in (33, 10, 200, 250, 299, 3, 131005)),
    *((code, None, "", REGISTER, "too_many_calls", 300) for code in (4, 17, 32, 613, 80007, 80008, 341)),
    *((code, None, "", REGISTER, "their_trouble", 30) for code in (1, 2, 131000, 131016)),
    *((code, None, "", REGISTER, "their_trouble", 60) for code in (131057, 2494100)),
    (200000, 3095008, "", CREATE, "needs_change", None),
    *((code, None, "", REGISTER, "needs_change", None) for code in (131008, 131009, 131037, 131042, 133001, 133002)),
    *((code, None, "", REGISTER, "needs_change", None) for code in (133003, 133007, 368, 506, 130497)),
    *(
        (code, None, "", CREATE, "needs_change", None)
        for code in (2593000, 2593079, 2593085, 2593107, 2593108, 2593999)
    ),
    *((code, None, "", CREATE, "needs_change", None) for code in (2655000, 2655111, 2655121, 2655999)),
    (100, None, "Invalid parameter", REGISTER, "show", None),
    *(
        (code, None, "", None, "show", None)
        for code in (130429, 131048, 131056, 131059, 131060, 135000, 2388019, 2593109)
    ),
]
UNDESCRIBED = [
    (133011, None),
    (133014, None),
    (132001, None),
    (131030, 2655007),
    (300, None),
    (199, None),
    (2592999, None),
]

STEPS_OF_THE_PAGE = {
    133000: 3, 133004: 3, 133005: 3, 133006: 4, 133008: 3, 133009: 3, 133010: 3, 133015: 3, 131045: 3,
}  # fmt: skip
"""How many numbered steps `registration-errors.txt` gives for each of its nine codes."""
SAID_BY_THE_PAGE = {
    133000: ["POST", "fbtrace_id", "DELETE", "server error", "prove"],
    133004: ["metastatus.com/whatsapp-business-api", "`details`", "30 minutes", "ticket", "back-off"],
    133005: ["`pin`", "WhatsApp Manager", "133008", "Keep the PIN"],
    133006: ["request_code", "verify_code", "solution-providers/registering-phone-numbers", "another system"],
    133008: ["`details`", "right PIN", "brute force", "get round"],
    133009: ["`details`", "tight loop", "30 seconds", "pipelines"],
    133010: ["business-phone-numbers/registration", "WhatsApp Manager", "before anything is sent", "warning"],
    133015: ["5 minutes", "5 to 10 minutes", "WhatsApp Manager", "pause"],
    131045: [
        "deregisters",
        "business-phone-numbers/registration",
        "went well",
        "official migration",
        "between accounts",
    ],
}
"""What the page tells a person for each code, as words that the entry must hold."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(NAMES)


def entry_for(catalogue: Catalogue, code: int) -> Entry:
    entry = catalogue.find(RemoteError(code=code))
    assert entry is not None
    return entry


@pytest.mark.parametrize(("code", "subcode", "message", "call", "remedy", "wait"), [*NINE_AND_ONE, *OTHER_ROWS])
def test_each_row_of_the_design_has_its_entry(
    catalogue: Catalogue,
    code: int,
    subcode: int | None,
    message: str,
    call: CallKind | None,
    remedy: str,
    wait: int | None,
) -> None:
    entry = catalogue.find(RemoteError(code=code, subcode=subcode, message=message), call)
    assert entry is not None
    assert entry.remedy == remedy
    assert (entry.wait.total_seconds() if entry.wait else None) == wait


@pytest.mark.parametrize(("code", "subcode"), UNDESCRIBED)
def test_what_nobody_described_has_no_entry(catalogue: Catalogue, code: int, subcode: int | None) -> None:
    assert catalogue.find(RemoteError(code=code, subcode=subcode), REGISTER) is None


def test_a_code_with_several_readings_has_a_general_one(catalogue: Catalogue) -> None:
    assert entry_for(catalogue, 2388001).key == "2388001"
    assert entry_for(catalogue, 100).key == "100"


def test_a_word_inside_another_word_is_no_token(catalogue: Catalogue) -> None:
    for text in ("Invalid shipping address", "Typing indicator not allowed", "SMBX"):
        entry = catalogue.find(RemoteError(code=100, message=text), REGISTER)
        assert entry is not None
        assert entry.key == "100"


def test_the_pin_is_blamed_only_where_one_was_sent(catalogue: Catalogue) -> None:
    entry = catalogue.find(RemoteError(code=100, message="pin"), CallKind.READ)
    assert entry is not None
    assert entry.key == "100"


def test_every_remedy_has_an_entry(catalogue: Catalogue) -> None:
    assert {entry.remedy for entry in catalogue.entries} == set(NAMES)


@pytest.mark.parametrize(("code", "steps"), STEPS_OF_THE_PAGE.items())
def test_the_nine_carry_every_step_of_the_page(catalogue: Catalogue, code: int, steps: int) -> None:
    entry = entry_for(catalogue, code)
    assert len(entry.steps) >= steps
    text = " ".join((entry.meaning, *entry.steps, *entry.notes, *entry.corrections))
    assert [word for word in SAID_BY_THE_PAGE[code] if word not in text] == []
    assert "fbtrace_id" in text, "the page asks for it with every error"
    assert entry.corrections
    assert entry.http_status


def test_an_automatic_wait_names_its_length(catalogue: Catalogue) -> None:
    sending = {130429, 131048, 131056}
    without = {e.code for e in catalogue.entries if e.retry == "after_wait" and e.wait is None}
    assert without == sending, "limits of sending are not ours to wait for"


def test_an_entry_is_shown_alike_everywhere(catalogue: Catalogue) -> None:
    for entry in catalogue.entries:
        page = markdown(entry)
        assert page.startswith(f"## {entry.code}")
        for text in (entry.name, entry.summary, entry.meaning, entry.owner, *entry.steps, *entry.notes):
            assert text in page


def test_an_explanation_as_lines() -> None:
    shown = lines(explain("136024/2388091"))
    assert shown[0] == "136024/2388091: Code could not be sent"
    assert "1. Linewright waits as long as told, else 1 hour." in shown
    assert "Wait: 1 h (none was told)." in shown
    assert lines(explain(987654))[0] == "987654: An error that the catalogue does not describe"
    assert lines(explain(None))[0] == "no code: No error in it"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (45, "45 s"), (300, "5 min"), (5_400, "1 h 30 min"), (86_400, "1 day"), (259_500, "3 days 5 min")],
)
def test_durations(seconds: int, shown: str) -> None:
    assert duration(seconds) == shown
