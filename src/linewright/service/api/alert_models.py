"""Shapes of channels and alerts, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from linewright.service.api.bodies import PATH_NAME, SecretText

__all__ = [
    "AlertShape",
    "Alerts",
    "ChannelShape",
    "Channels",
    "MadeChannel",
    "NewChannel",
    "SendBy",
    "SentLink",
    "Tried",
    "Tries",
]

Moment = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="A time of the day.")]
_SENT = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class QuietHours(BaseModel):
    """Hours in which only what is urgent comes, by the clocks of a time zone."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)
    begins: Annotated[Clock, Field(alias="from")]
    until: Clock
    zone: Annotated[str, Field(max_length=64, description="Such as Europe/Berlin.")] = "UTC"


class NewChannel(BaseModel):
    """`address` is an Apprise address, or for a webhook an https one; it is kept sealed and never told again."""

    model_config = _SENT
    name: Annotated[str, Field(pattern=PATH_NAME, max_length=64)]
    kind: Literal["apprise", "webhook"]
    address: SecretText
    quiet: QuietHours | None = None


class SendBy(BaseModel):
    """`send`: the channel that a link is sent by; then it is not in the answer."""

    model_config = _SENT
    send: Annotated[str, Field(max_length=200)]


class SentLink(BaseModel):
    """A link that went out by a channel; the link itself is told nowhere."""

    model_config = ConfigDict(extra="forbid")
    channel: str
    expires_at: Moment


class ChannelShape(BaseModel):
    """Of the address only what may be shown."""

    model_config = ConfigDict(extra="forbid")
    name: str
    kind: Literal["apprise", "webhook"]
    address: str
    quiet: dict[str, str] | None
    made_by: str
    made_at: Moment


class MadeChannel(ChannelShape):
    """`secret` signs the posts of a webhook (standard-webhooks); it is told this once."""

    secret: str | None


class Channels(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[ChannelShape]
    next: str | None


class Tried(BaseModel):
    """What a channel answered to a test."""

    model_config = ConfigDict(extra="forbid")
    channel: str
    ok: bool
    error: str | None


class Tries(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[Tried]
    next: str | None


class WayShape(BaseModel):
    """An alert on its way to a channel."""

    model_config = ConfigDict(extra="forbid")
    channel: str
    state: Literal["waiting", "sent", "gave_up"]
    tries: int
    due_at: Moment | None
    sent_at: Moment | None
    error: str | None


class AlertShape(BaseModel):
    """What people were told; `items` are its first hundred changes of `total`."""

    model_config = ConfigDict(extra="forbid")
    id: str
    at: Moment
    kind: Literal["warning", "recovered", "test", "task"]
    account: str | None
    title: str
    body: str
    urgent: bool
    total: int
    items: list[dict[str, Any]]
    deliveries: list[WayShape]


class Alerts(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[AlertShape]
    next: str | None
