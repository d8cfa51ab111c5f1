"""The usual ratios of share splits."""

from __future__ import annotations

import math
from fractions import Fraction

_USUAL = [Fraction(n) for n in (*range(2, 21), *range(25, 105, 5), "3/2", "4/3", "5/4", "6/5", "5/3", "5/2", "7/2")]
USUAL_RATIOS = tuple(float(ratio) for usual in _USUAL for ratio in (usual, 1 / usual))
"""The usual split ratios and their inverses.

Ratios below 6:5 are left out because cash dividends are of that size, and so are ratios within 5 % of another one."""
_NEAR = 0.01
"""The largest difference between two adjustments of one close and a split ratio, in logarithms: closes are rounded."""


def nearest_split(factor: float) -> float | None:
    """Return the split ratio, or 1, that explains ``factor`` between two adjustments of one close; None without one."""
    nearest = min((1.0, *USUAL_RATIOS), key=lambda ratio: abs(math.log(factor / ratio)))
    return nearest if abs(math.log(factor / nearest)) <= _NEAR else None
