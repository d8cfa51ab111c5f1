"""The grammar of candles: ``G G G R``, ``G>2% R<-1%``, ``* D``, or the name of a candlestick pattern.

``G`` is a candle that closes above its open, ``R`` one that closes below it, ``D`` a doji, ``*`` any candle. A size is
the candle's move from open to close in percent: ``G>2%``, ``G>1%<3%``. For ``R`` it is the size of the fall, ``R>1%``,
or, with a minus, the move itself: ``R<-1%`` means the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from common.domain.patterns.candlesticks import Candlestick, find_candlestick

MOST_CANDLES = 30
LONGEST_TEXT = 200
_SPACE = re.compile(r"[\s,]*")
_SIZE = re.compile(r"\s*([<>])\s*(-?)(\d{1,4}(?:\.\d{1,4})?)(?![\d.])\s*(%?)")
_COMPARISON_WITH_EQUALS = re.compile(r"\s*[<>]\s*=")
_ANY_NUMBER = re.compile(r"\s*[<>]\s*-?[\d.]+")
_NAME = re.compile(r"[A-Za-z]{4}")
_CANDLES_AND_MORE = re.compile(r"\s*(?:[GRDgrd*](?![A-Za-z])|[GRDgrd]{3})")
"""A candle that stands alone, or three together. No name begins so."""
_ONLY_CANDLES = re.compile(r"[GRDgrd]+\Z")


class GrammarMistake(ValueError):
    """A mistake in the text of a pattern, with its place."""


@dataclass(frozen=True)
class Candle:
    """One candle of a pattern.

    Args:
        colour: ``G``, ``R``, ``D`` or ``*``.
        above: the size in percent that the candle's move exceeds; None for any.
        below: the size in percent under which it stays; None for any.
    """

    colour: Literal["G", "R", "D", "*"]
    above: float | None = None
    below: float | None = None

    @property
    def text(self) -> str:
        """The candle as it is written."""
        bounds = [f"{sign}{size:.8g}%" for sign, size in ((">", self.above), ("<", self.below)) if size is not None]
        return self.colour + "".join(bounds)


def parse_candles(text: str) -> tuple[Candle, ...] | Candlestick:
    """Return the candles of a text, oldest first, or the candlestick pattern that it names.

    Raises:
        GrammarMistake: the text is neither; the message names the column of the mistake.
    """
    if _is_name(text):
        try:
            return find_candlestick(text)
        except ValueError as exc:
            raise GrammarMistake(str(exc)) from exc
    candles: list[Candle] = []
    place = _skip_space(text, 0)
    while place < len(text):
        candle, place = _read_candle(text, place)
        candles.append(candle)
        place = _skip_space(text, place)
    if not candles:
        raise GrammarMistake("The pattern is empty. Write candles such as G G G R, or a name such as hammer.")
    if len(candles) > MOST_CANDLES:
        raise GrammarMistake(f"The pattern has {len(candles)} candles. Write at most {MOST_CANDLES}.")
    if all(candle.colour == "*" for candle in candles):
        raise GrammarMistake("The pattern fits every candle. Write at least one of G, R and D.")
    return tuple(candles)


def _is_name(text: str) -> bool:
    """Return whether a text has a word that is not made of candles, and does not begin with candles."""
    words = re.split(r"[^A-Za-z]+", text)
    has_name = any(_NAME.match(word) and not _ONLY_CANDLES.match(word) for word in words)
    return has_name and not _CANDLES_AND_MORE.match(text)


def _skip_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _read_candle(text: str, place: int) -> tuple[Candle, int]:
    colour = text[place].upper()
    above = below = None
    begin, place = place, place + 1
    if colour not in {"G", "R", "D", "*"}:
        raise _mistake(
            begin, f"{text[begin]!r} is no candle. Write G (green), R (red), D (doji) or * (any), such as G G>2% R."
        )
    while (next_place := _skip_space(text, place)) < len(text) and text[next_place] in "<>":
        if colour in {"D", "*"}:
            raise _mistake(next_place, f"{colour} has no size. Write a size after G or R only.")
        is_above, size, place = _read_size(text, next_place, colour)
        if (above if is_above else below) is not None:
            raise _mistake(next_place, f"This is the second {'>' if is_above else '<'} of one candle. Write it once.")
        above, below = (size, below) if is_above else (above, size)
    if above is not None and below is not None and above >= below:
        remedy = "Exchange the sizes." if above > below else "Write two different sizes."
        raise _mistake(begin, f"No candle is both above {above:g}% and below {below:g}%. {remedy}")
    if below == 0:
        raise _mistake(begin, "No candle is smaller than 0%. Write a larger size.")
    return Candle(colour, above, below), place  # type: ignore[arg-type]


def _read_size(text: str, place: int, colour: str) -> tuple[bool, float, int]:
    """Return whether a size is a lower bound, the size in percent, and the place after it."""
    found = _SIZE.match(text, place)
    if found is None and _COMPARISON_WITH_EQUALS.match(text, place):
        raise _mistake(place + 1, "A size is above or below a number. Write > or < without =.")
    if found is None and _ANY_NUMBER.match(text, place):
        raise _mistake(place + 1, "A size has up to 4 digits before the point and up to 4 after it.")
    if found is None:
        raise _mistake(place + 1, "A size is missing. Write a number and %, such as G>2%.")
    comparison, minus, digits, percent = found.groups()
    if not percent:
        raise _mistake(found.end(), "% is missing after the size. Write for example G>2%.")
    if minus and colour == "G":
        raise _mistake(found.start(2), "A green candle has no negative size. Write G>2%, or R<-2% for a red one.")
    is_above = (comparison == ">") != bool(minus)
    return is_above, float(digits), found.end()


def _mistake(place: int, text: str) -> GrammarMistake:
    return GrammarMistake(f"Column {place + 1}: {text}")
