"""The settings: the only place that reads the environment. Each is declared once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from linewright.errors import UsageError
from linewright.graph.wire import is_loopback
from linewright.secret import Secret

__all__ = ["Settings", "load", "traces_wanted"]

FILE = "linewright.toml"
TRACE_TO = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Settings(BaseSettings):
    """From the environment (`LINEWRIGHT_…`), or `linewright.toml` in the home; the environment wins."""

    model_config = SettingsConfigDict(env_prefix="LINEWRIGHT_", extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Annotated[Path, Field(description="Folder of the database, the key, and linewright.toml.")] = Path(
        platformdirs.user_data_dir("linewright", appauthor=False)
    )
    database_url: Annotated[
        str, Field(description="Database: sqlite:///FILE or postgresql://…; empty is SQLite in the home.")
    ] = ""
    graph_url: Annotated[str, Field(description="Where the Graph API answers.")] = "https://graph.facebook.com"
    graph_version: Annotated[str, Field(description="Version of the Graph API.", pattern=r"^v\d+\.\d+$")] = "v25.0"
    key: Annotated[
        SecretStr | None,
        Field(description="Key of the vault, 32 bytes as base64 or hex; or keyring: for the system's keyring."),
    ] = None
    clock_rate: Annotated[
        float | None,
        Field(description="How fast a rehearsal's clock runs (1); loopback Graph URLs only.", gt=0, le=1_000_000),
    ] = None
    log: Annotated[
        str, Field(description="Log level: debug, info, warning or error.", pattern="^(debug|info|warning|error)$")
    ] = "warning"
    log_format: Annotated[
        str, Field(description="Form of the log: text, or json with one object a line.", pattern="^(text|json)$")
    ] = "text"
    lease_seconds: Annotated[
        int,
        Field(description="Seconds after which the phone of a worker that died goes to another (PostgreSQL).", ge=1),
    ] = 60
    keep_days: Annotated[int, Field(description="Days for which the texts of answers and readings are kept.", ge=1)] = (
        400
    )

    public_url: Annotated[
        str, Field(description="How people reach the service, for links and cookies: https://…; empty is as served.")
    ] = ""
    url: Annotated[str, Field(description="A running service that the commands talk to, instead of a home.")] = ""
    api_token: Annotated[SecretStr | None, Field(description="The token for LINEWRIGHT_URL.")] = None

    @field_validator("home")
    @classmethod
    def _whole_path(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("graph_url")
    @classmethod
    def _safe_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must begin with https://")
        if parts.scheme == "http" and not is_loopback(url):
            raise ValueError("plain http is for this machine only, since it would show the token: use https")
        return url.rstrip("/")

    @field_validator("public_url", "url")
    @classmethod
    def _web_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("it must begin with https:// and end before any question mark")
        return url.rstrip("/")

    @field_validator("url")
    @classmethod
    def _private_url(cls, url: str) -> str:
        if url.startswith("http:") and not is_loopback(url):
            raise ValueError("plain http is for this machine only, since it would show the token: use https")
        return url

    @cached_property
    def database(self) -> str:
        """The database's URL, SQLite in the home by default."""
        return self.database_url or f"sqlite:///{self.home / 'linewright.db'}"

    @property
    def vault_key(self) -> Secret | None:
        return Secret(self.key.get_secret_value()) if self.key else None

    @property
    def service_token(self) -> Secret | None:
        return Secret(self.api_token.get_secret_value()) if self.api_token else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings().get("home") or env_settings().get("home") or cls.model_fields["home"].default
        file = TomlConfigSettingsSource(settings_cls, Path(str(home)).expanduser() / FILE)
        return init_settings, env_settings, file


def traces_wanted() -> bool:
    """Whether the environment names a place for traces, in OpenTelemetry's own words; its SDK reads the rest."""
    return any(os.environ.get(name) for name in TRACE_TO)


def load(home: str | Path | None = None) -> Settings:
    """The settings in force. Raises `UsageError` naming the setting that is wrong, never its value."""
    given: dict[str, Any] = {} if home is None else {"home": Path(home)}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]) or "settings"
        said = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(
            f"The setting LINEWRIGHT_{name.upper()} is wrong: {said}.",
            fix="Correct it in the environment or in linewright.toml.",
            reason="setting",
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The file {FILE} in the home cannot be read: {type(error).__name__}.",
            fix="Correct its TOML, or remove it.",
            reason="setting",
        ) from None
    if settings.clock_rate not in (None, 1) and not is_loopback(settings.graph_url):
        raise UsageError(
            "LINEWRIGHT_CLOCK_RATE is for rehearsals: it needs a Graph URL on this machine.",
            fix="Unset LINEWRIGHT_CLOCK_RATE, or point LINEWRIGHT_GRAPH_URL at `linewright simulator`.",
            reason="clock-rate",
        )
    return settings
