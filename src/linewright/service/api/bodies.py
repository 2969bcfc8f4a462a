"""What the API is sent. Secrets come in bodies only, become `Secret` at once, and never go back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from linewright.secret import Secret
from linewright.service.api.examples import BODIES
from linewright.store.operations import LARGEST_CODE

__all__ = [
    "PATH_NAME",
    "AccountChange",
    "AccountName",
    "AccountsChange",
    "Adoption",
    "Answer",
    "NewAccount",
    "NewNumber",
    "NewOperation",
    "NewRelease",
    "ReleaseChange",
    "SecretText",
]

LONGEST_SECRET = 4_096


class _AsSecret:
    """A string on its way in; a `Secret` from here on."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(min_length=1, max_length=LONGEST_SECRET)
        return core_schema.no_info_after_validator_function(Secret, text)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        written = {"type": "string", "format": "password", "writeOnly": True}
        return {**written, "minLength": 1, "maxLength": LONGEST_SECRET}


SecretText = Annotated[Secret, _AsSecret]
PATH_NAME = r"^(\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.{3,})$"
"""A name that is part of an address: letters, digits, dots, dashes and underscores, and not `.` or `..` alone."""
AccountName = Annotated[str, Field(pattern=PATH_NAME, max_length=64)]


def _like(*examples: str) -> ConfigDict:
    shown = [BODIES[example] for example in examples]
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": shown}, arbitrary_types_allowed=True)


class NewAccount(BaseModel):
    """`token` and `app_secret` are tried, then kept sealed."""

    model_config = _like("account")
    name: Annotated[AccountName, Field(description="As you choose it: letters, digits, dots, dashes, underscores.")]
    waba: Annotated[str, Field(pattern=r"^[0-9]{1,32}$", description="Id of the WhatsApp Business Account.")]
    token: Annotated[SecretText, Field(description="A system user's token that may look after the account.")]
    app_secret: Annotated[
        SecretText | None, Field(description="Of the token's app: the account's webhooks are checked by it.")
    ] = None
    pin_reset: Annotated[
        Literal["ask", "auto"], Field(description="Whether a fresh PIN may be set when one is refused.")
    ] = "ask"
    subscribe: Annotated[bool, Field(description="Whether the app is subscribed to the account's webhooks.")] = True


class AccountChange(BaseModel):
    """Only what is given is changed. A new token releases what waited for it."""

    model_config = _like("account_change")
    token: SecretText | None = None
    app_secret: SecretText | None = None
    pin_reset: Literal["ask", "auto"] | None = None
    paused: Annotated[bool | None, Field(description="Whether nothing is sent for the account.")] = None
    recover: Annotated[
        bool | None, Field(description="Whether Linewright registers numbers that are wanted online by itself.")
    ] = None


class AccountsChange(AccountChange):
    """The same change of several accounts: of all of them, or of none."""

    model_config = _like("accounts_change")
    names: Annotated[list[AccountName], Field(min_length=1, max_length=1_000)]


class Adoption(BaseModel):
    """A `code` of Embedded Signup, with the `app` whose secret is kept here; or a `token` in hand. With neither, what
    is kept of this WABA is used. `event` is the session event that the page heard: it brings WABA and number."""

    model_config = _like("adopt", "adopt_event", "adopt_token")
    waba: Annotated[str | None, Field(pattern=r"^[0-9]{1,32}$", description="Id of the WhatsApp Business Account.")] = (
        None
    )
    number: Annotated[
        str | None,
        Field(max_length=40, pattern=r"^[^\x00]*$", description="The number to register: its id or phone."),
    ] = None
    code: Annotated[SecretText | None, Field(description="Good for one exchange, within 30 seconds.")] = None
    token: SecretText | None = None
    app: Annotated[str | None, Field(pattern=r"^[0-9]{1,32}$", description="Id of the app that signed up.")] = None
    event: Annotated[
        dict[str, Any] | str | None, Field(description="The `WA_EMBEDDED_SIGNUP` event, whole or its name.")
    ] = None
    name: Annotated[AccountName | None, Field(description="Name of a new account; else it is made of the WABA's.")] = (
        None
    )


class NewNumber(BaseModel):
    model_config = _like("number")
    e164: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$", description="The phone, such as +15550144444.")]
    account: Annotated[AccountName, Field(description="The account that it is made in.")]
    verified_name: Annotated[
        str, Field(max_length=200, pattern=r"^[^\x00]*$", description="The display name: 2 to 75 characters.")
    ]


class NewOperation(BaseModel):
    """`confirm`, the number's last four digits, is needed to deregister, and `to` to migrate; `because` is an error
    heard elsewhere."""

    model_config = _like("register", "deregister", "migrate")
    goal: Literal["register", "verify", "set-pin", "deregister", "migrate"]
    pin: Annotated[SecretText | None, Field(description="Six digits.")] = None
    code_method: Annotated[
        Literal["sms", "voice"] | None, Field(description="How a code is sent, if one is needed.")
    ] = None
    code_language: Annotated[
        str | None, Field(max_length=20, pattern=r"^[^\x00]*$", description="Of that code, such as en_US.")
    ] = None
    because: Annotated[
        int | None, Field(ge=0, lt=LARGEST_CODE, description="An error heard elsewhere, such as 131045.")
    ] = None
    confirm: Annotated[
        str | None,
        Field(max_length=20, pattern=r"^[^\x00]*$", description="The last four digits of what is deregistered."),
    ] = None
    use_reserve: Annotated[bool, Field(description="Spend the attempts kept for a person.")] = False
    subscribe: Annotated[bool, Field(description="Whether the app is subscribed to the account's webhooks.")] = True
    by_link: Annotated[bool, Field(description="Send no code before whoever has the phone says so.")] = False
    to: Annotated[AccountName | None, Field(description="The account that a migration moves the number to.")] = None


Day = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day of the past.", json_schema_extra={"format": "date"}
    ),
]


class NewRelease(BaseModel):
    """`confirm` are the number's last four digits, `last_paid` is the day of its last paid message, if it is known."""

    model_config = _like("release")
    confirm: Annotated[str, Field(max_length=20, pattern=r"^[^\x00]*$")]
    last_paid: Day | None = None


class ReleaseChange(BaseModel):
    model_config = _like("release_change")
    last_paid: Day


class Answer(BaseModel):
    """Exactly one of `value` (a code, a whole message that holds it, or a PIN), `approve`, `done`, `decline`,
    `resend`; `pin_changed` goes with a PIN that was changed since the remote refused it."""

    model_config = _like("code", "approve", "resend")
    value: SecretText | None = None
    approve: bool = False
    done: bool = False
    decline: bool = False
    resend: Literal["sms", "voice"] | None = None
    pin_changed: bool = False
