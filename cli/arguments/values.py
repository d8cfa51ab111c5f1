"""The values of options: their names, and their parsing."""

from __future__ import annotations

import argparse
import math
import re
from difflib import get_close_matches

MODELS = ("blend", "prophet", "last_price")
"""The models; the first is the default."""
FIELDS = ("close", "open", "high", "low", "volume")
"""The fields that can be forecast; the first is the default."""
FAILED, WRONG_USAGE = 1, 2
"""Exit statuses; argparse also exits with 2."""
NOTHING_RUNS = 3
"""The exit status of ``status`` without a stack on the port."""


def parse_model(text: str) -> str:
    """Return the model, or suggest the nearest one for a misspelt model."""
    near = get_close_matches(text.casefold(), MODELS, n=1, cutoff=0.7)
    if near and text not in MODELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a model; did you mean {near[0]}?")
    return text


def parse_field(text: str) -> str:
    """Return the field, or suggest the nearest one for a misspelt field."""
    near = get_close_matches(text.casefold(), FIELDS, n=1, cutoff=0.7)
    if near and text not in FIELDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a field; did you mean {near[0]}?")
    return text


def parse_history_days(text: str) -> int:
    """Parse the length of the past as the API does."""
    if not re.fullmatch(r"\+?[0-9]{1,9}", text) or not 60 <= int(text) <= 3653:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 60 to 3653")
    return int(text)


def parse_days(text: str) -> int:
    """Parse a number of days as the API does. int() alone would also accept other digits and underscores."""
    if not re.fullmatch(r"\+?[0-9]{1,9}", text) or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 10000")
    return int(text)


def parse_level(text: str) -> float:
    """Parse the probability of an interval."""
    if not re.fullmatch(r"\+?[0-9]*\.?[0-9]+", text) or not 0.5 <= float(text) <= 0.99:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 0.99, such as 0.9")
    return float(text)


def parse_price(text: str) -> float:
    """Parse a positive price."""
    price = float(text) if re.fullmatch(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text) else math.nan
    if not 0 < price < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number, such as 450")
    return price
