"""The reading of settings at the start of a program, with a line for each wrong one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


def make_settings_error(reasons: Mapping[str, str]) -> ValidationError:
    """Return the error for settings that do not fit together.

    Args:
        reasons: the reason for each wrong setting, by its name.
    """
    lines = [
        InitErrorDetails(type=PydanticCustomError("together", "{reason}", {"reason": reason}), loc=(name,), input=None)
        for name, reason in reasons.items()
    ]
    return ValidationError.from_exception_data("settings", lines)


def load_settings(kind: type[S]) -> S:
    """Read the settings; exit with a line for each wrong one, without its value.

    Raises:
        SystemExit: a setting is wrong.
    """
    try:
        return kind()
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in error["loc"]).upper()
            reason = str(error["msg"]).removeprefix("Value error, ")
            print(f"setting {name}: {reason}", file=sys.stderr)
        raise SystemExit(2) from exc
