"""Settings: flags first, then `STORMTRAIL_*` in the environment, then `stormtrail.toml`."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from stormtrail.errors import UsageError
from stormtrail.stores import SCHEME, opened

if TYPE_CHECKING:
    from stormtrail.layout import Layout

PREFIX = "STORMTRAIL_"
FILE = Path("stormtrail.toml")
# read by other parts of the program, not settings of a verb
_RESERVED = {"traceback"}


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


def _place(value: Any) -> Any:
    """A Path would make one slash of the two in `s3://`."""
    if not isinstance(value, (str, Path)):
        raise ValueError("should be a folder or an s3:// address")
    return value if isinstance(value, str) and value.startswith(SCHEME) else Path(value)


StorePlace = Annotated[Path | str, BeforeValidator(_place)]
"""A folder, or the `s3://` address of a store that machines share."""


class SqlLimits(BaseModel):
    """What ad-hoc SQL may use: seconds, memory (DuckDB's notation), rows of a result."""

    model_config = ConfigDict(extra="forbid")

    seconds: PositiveFloat = 60.0
    memory: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$")
    rows: PositiveInt = 5_000_000


class Settings(BaseSettings):
    """Everything that flags, environment or file can set; the verbs read nothing else."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        toml_file=FILE,
        env_ignore_empty=True,
    )

    store: StorePlace = Path("stormtrail-store")
    endpoint_url: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    strict: bool = False
    sql: SqlLimits = SqlLimits()
    analysis: dict[str, Any] = {}
    prices: dict[str, float] = {}
    deliver: tuple[str, ...] = ()
    athena_database: str | None = None
    athena_workgroup: str | None = None
    athena_output: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Settings:
        if self.since and self.until and self.since > self.until:
            raise ValueError("since is after until")
        return self

    @cached_property
    def layout(self) -> Layout:
        """The store's places; one on S3 is mirrored when they are first asked for."""
        return opened(self.store, self.endpoint_url, self.profile)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags (passed as arguments), environment, file; no .env and no secrets folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(**flags: Any) -> Settings:
    """The settings in force; a flag that is None or empty was not given.

    Raises UsageError that names the setting, and for an unknown name the nearest known one.
    """
    _refuse_unknown_environment()
    if FILE.is_dir():
        raise UsageError("is a folder, and should be a file of settings", where=str(FILE))
    given = {
        name: value
        for name, value in flags.items()
        if value is not None and value != () and value != []
    }
    try:
        return Settings(**given)
    except ValidationError as error:
        raise _explained(error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML ({error})", where=str(FILE)) from error
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(FILE)) from error
    except SettingsError as error:  # says which setting; never its value
        raise UsageError(str(error), where="environment", hint="its value is JSON") from error


def _refuse_unknown_environment() -> None:
    for variable in os.environ:
        name = variable.removeprefix(PREFIX).lower().split("__")[0]
        if (
            variable.startswith(PREFIX)
            and name not in Settings.model_fields
            and name not in _RESERVED
        ):
            raise UsageError(
                "no such setting",
                where=f"environment variable {variable}",
                hint=nearest(name, Settings.model_fields),
            )


def _explained(error: ValidationError) -> UsageError:
    """The first problem in one line; never the value, which may be a secret."""
    problem = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = SqlLimits.model_fields if name.startswith("sql.") else Settings.model_fields
        return UsageError(
            f"no such setting: {name}", where=str(FILE), hint=nearest(name.split(".")[-1], known)
        )
    what = problem["msg"].removeprefix("Value error, ")
    return UsageError(f"setting {name}: {what.lower()}" if name else what)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, else all of them."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(options)}"
