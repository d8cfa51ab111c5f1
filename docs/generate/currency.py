"""Compares a committed example with a new answer: structure, texts and forecasts must agree, other numbers need not."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![A-Za-z\d])-?\d+(\.\d+)?([eE][-+]?\d+)?(?![A-Za-z\d])")
_ALIGNED = re.compile(r" {2,}(?=0)")
"""The spaces before a number in a table, which depend on its digits."""
_FORECAST = re.compile(r'("(?:predicted_price|lower|upper)": )(\d+\.\d+)')
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_UNDER_WAY = re.compile(r'"(?:ingesting|forecasting)"')
_COUNTED_TWICE = re.compile(r'( *"accepted": \d+,\n)(?: *"accepted": \d+,\n)+')
_PNG = re.compile(r'"iVBOR[^"]*"')


def structure(text: str) -> list[str]:
    """Return the lines of an example with each number and picture replaced.

    Numbers differ from machine to machine (durations, last digits of a fit). The first line keeps its HTTP status, and
    the prices of a forecast keep three digits, so that an example of an earlier engine is found. A request under way
    counts as accepted: ingestion may have begun one before the answer to its batch is composed.
    """
    text = _COUNTED_TWICE.sub(r"\1", _UNDER_WAY.sub('"accepted"', text))
    first, *rest = text.strip().split("\n")
    return [first, *map(_without_numbers, rest)]


def _without_numbers(line: str) -> str:
    return _ALIGNED.sub("  ", _NUMBER.sub("0", _FORECAST.sub(_rounded, _PNG.sub('"…"', line))))


def _rounded(price: re.Match[str]) -> str:
    """Return a price with three digits as letters, which are not replaced as numbers are."""
    return price[1] + f"{float(price[2]):.3g}".translate(_LETTERS)
