"""The names of the candlestick patterns of TA-Lib, and the names that people write for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Sign = Literal["bullish", "bearish"]
"""The direction that a candlestick pattern is said to announce."""

_BULLISH = (
    "3starsinsouth 3whitesoldiers concealbabyswall doji dragonflydoji gravestonedoji hammer homingpigeon "
    "invertedhammer ladderbottom longleggeddoji matchinglow mathold morningdojistar morningstar piercing rickshawman "
    "sticksandwich takuri unique3river"
)
_BEARISH = (
    "2crows 3blackcrows advanceblock darkcloudcover eveningdojistar eveningstar hangingman identical3crows inneck "
    "onneck shootingstar stalledpattern thrusting upsidegap2crows"
)
_EITHER = (
    "3inside 3linestrike 3outside abandonedbaby belthold breakaway closingmarubozu counterattack dojistar engulfing "
    "gapsidesidewhite harami haramicross highwave hikkake hikkakemod kicking kickingbylength longline marubozu "
    "risefall3methods separatinglines shortline spinningtop tasukigap tristar xsidegap3methods"
)
SIGNS: dict[str, tuple[Sign, ...]] = {
    **dict.fromkeys(_BULLISH.split(), ("bullish",)),
    **dict.fromkeys(_BEARISH.split(), ("bearish",)),
    **dict.fromkeys(_EITHER.split(), ("bullish", "bearish")),
}
"""The signs that TA-Lib gives a pattern, by its name without ``CDL``. Its dojis are all bullish."""
_SYNONYMS = {
    "piercingline": "piercing",
    "piercingpattern": "piercing",
    "darkcloud": "darkcloudcover",
    "matching": "matchinglow",
    "shavenhead": "marubozu",
    "hikkakemodified": "hikkakemod",
    "risingfalling3methods": "risefall3methods",
}
_NUMBERS = {"two": "2", "three": "3"}
_ORNAMENTS = re.compile(r"[^a-z0-9]+|pattern\b")


@dataclass(frozen=True)
class Candlestick:
    """A named candlestick pattern.

    Args:
        name: TA-Lib's name without ``CDL``, in lower case.
        sign: the direction; None for the directions of the pattern, each counted apart.
    """

    name: str
    sign: Sign | None

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The directions that are searched."""
        return SIGNS[self.name] if self.sign is None else (self.sign,)


def find_candlestick(text: str) -> Candlestick:
    """Return the pattern of a name such as ``hammer``, ``bearish engulfing`` or ``three white soldiers``.

    Raises:
        ValueError: there is no such pattern; the text says which one is similar.
    """
    words = text.lower().split()
    sign: Sign | None = "bullish" if "bullish" in words else "bearish" if "bearish" in words else None
    rest = [_NUMBERS.get(word, word) for word in words if word not in {"bullish", "bearish"}]
    name = _ORNAMENTS.sub("", " ".join(rest)).removeprefix("cdl")
    name = _SYNONYMS.get(name, name)
    if name not in SIGNS:
        near = get_close_matches(name[:50], list(SIGNS), n=1, cutoff=0.6)
        advice = f"Did you mean {near[0]}?" if near else "Names are those of TA-Lib, such as hammer or engulfing."
        raise ValueError(f"There is no candlestick pattern of this name. {advice}")
    if sign is not None and sign not in SIGNS[name]:
        raise ValueError(f"The pattern {name} is always {SIGNS[name][0]}. Write {name} alone.")
    return Candlestick(name, sign)
