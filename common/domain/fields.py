"""The fields of a stock that can be forecast or evaluated."""

from __future__ import annotations

from typing import Literal, get_args

Field = Literal["close", "open", "high", "low", "volume"]
"""A column of the daily prices. All but ``volume`` are prices."""
FIELDS: tuple[Field, ...] = get_args(Field)
PRICE_FIELDS: tuple[Field, ...] = ("close", "open", "high", "low")
