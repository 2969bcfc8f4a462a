"""The options that several commands share, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = [
    "AppSecretFile",
    "Because",
    "ByLink",
    "CodeLanguage",
    "CodeMethod",
    "Follow",
    "Json",
    "N",
    "NoSubscribe",
    "PinFile",
    "PinReset",
    "PinStdin",
    "Timeout",
    "TokenFile",
    "UseReserve",
    "Wait",
]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
N = Annotated[
    str,
    typer.Argument(metavar="N", help="The number: its id, E.164 or as displayed; ACCOUNT/N when it is in several."),
]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="File with the access token; - is stdin.")
]
AppSecretFile = Annotated[
    Path | None, typer.Option("--app-secret-file", metavar="FILE", help="File with the app secret; - is stdin.")
]
PinReset = Annotated[
    Literal["auto", "ask"] | None,
    typer.Option("--pin-reset", help="Whether an unknown PIN may be replaced through the API unasked."),
]
PinFile = Annotated[
    Path | None, typer.Option("--pin-file", metavar="FILE", help="File with the two-step PIN, six digits.")
]
PinStdin = Annotated[bool, typer.Option("--pin-stdin", help="Read the two-step PIN from stdin.")]
CodeMethod = Annotated[
    Literal["sms", "voice"] | None, typer.Option("--code-method", help="How a code is sent, if one is needed.")
]
CodeLanguage = Annotated[
    str | None, typer.Option("--code-language", metavar="LOCALE", help="Language of that code, such as en_US.")
]
Because = Annotated[
    int | None, typer.Option("--because", metavar="CODE", help="An error heard elsewhere, such as 131045.", min=1)
]
UseReserve = Annotated[
    bool, typer.Option("--use-reserve", help="Allow the two attempts that are kept back for a person's word.")
]
ByLink = Annotated[
    bool,
    typer.Option("--by-link", help="Ask whoever has the phone by a link; no code is sent before they say so."),
]
NoSubscribe = Annotated[bool, typer.Option("--no-subscribe", help="Leave the account's webhook subscription as it is.")]
Wait = Annotated[
    bool | None,
    typer.Option("--wait/--no-wait", help="Stay until it ends or asks (on a terminal: --wait), or only begin."),
]
Follow = Annotated[bool, typer.Option("--follow", help="At a question go on waiting for somebody else's answer.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="S", help="Wait no longer than S real seconds.", min=0)
]
