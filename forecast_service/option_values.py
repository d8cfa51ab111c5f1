"""The values of command line options. A value of another form is refused in a sentence."""

from __future__ import annotations

import argparse
import math
import re
from datetime import date

from common.domain import formats

LONGEST_HORIZON = 250
HIGHEST_PORT = 65534
"""A worker's nanny has the next one."""
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?(?:[^\s:/@\[\]]+|\[[^\s\[\]]+\]):(?P<port>[0-9]{1,5})")


def parse_address(text: str) -> str:
    """Return the address of a Dask scheduler."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not 1 <= int(found["port"]) <= HIGHEST_PORT + 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not the address of a Dask scheduler, such as tcp://host:8786")
    return text


def parse_day(text: str) -> date:
    """Return a date."""
    try:
        return formats.parse_day(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date of the form YYYY-MM-DD") from None


def parse_horizons(text: str) -> tuple[int, ...]:
    """Return trading days ahead, ascending and each once."""
    try:
        values = sorted({int(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not 1 <= values[0] <= values[-1] <= LONGEST_HORIZON:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of trading days from 1 to {LONGEST_HORIZON}, such as 5,21,63"
        )
    return tuple(values)


def parse_count(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole_number(text, 1, None)


def parse_count_or_zero(text: str) -> int:
    """Return a whole number of at least 0."""
    return _whole_number(text, 0, None)


def parse_port(text: str) -> int:
    """Return a port after which there is another one."""
    return _whole_number(text, 1, HIGHEST_PORT)


def parse_seconds(text: str) -> float:
    """Return a positive number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds, such as 900")
    return seconds


def _whole_number(text: str, least: int, most: int | None) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least or (most is not None and value > most):
        form = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {form}")
    return value
