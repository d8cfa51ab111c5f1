"""The result of a pattern search, as it is stored, answered and documented."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.domain.patterns.candlesticks import Sign

PATTERN_ENGINE = "patterns-2"
"""The version of the search and of the result's texts. It is part of a result's key."""
HORIZONS = (5, 21, 63)
"""The trading days after which a hit's price is compared: a week, a month and a quarter."""
LEVELS = tuple(round(percent / 100, 2) for percent in range(5, 100, 5))
"""The probabilities of the quantiles of what followed."""
MOST_HITS = 100
"""The most hits that a result describes, of all its patterns together."""
MOST_POINTS = 130
"""The most closes of one hit's chart."""
MOST_NAMED = 50
"""The most stocks that a result names as not searched."""

Verdict = Literal["better", "worse", "no_difference", "too_few"]
"""The outcome of a comparison of the moves after the hits with those after other days."""


class _ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Moves(_ResultModel):
    """The distribution of the price's move over a horizon, in percent."""

    mean_pct: float = Field(description="The mean move.")
    chance_of_gain: float = Field(description="The fraction of moves above 0.")
    quantiles_pct: list[float] = Field(description="The quantiles of the move at the probabilities in `levels`.")


class Followed(_ResultModel):
    """The moves after the hits over one horizon, beside those after all other days of the same stocks."""

    days: int = Field(description="The horizon in trading days, counted from the day on which a hit is known.")
    hits: int = Field(description="The number of hits whose outcome is known.")
    non_overlapping: int = Field(
        description="The number of these hits that are at least a horizon apart in their stock."
    )
    dates: int = Field(description="The number of distinct dates of these hits.")
    after: Moves | None = Field(description="The moves after the hits. Null without hits.")
    usual: Moves | None = Field(
        description="The moves after all other days of the same stocks, each stock weighted by its hits."
    )
    difference_pct: float | None = Field(description="The mean move after the hits minus the usual one, in percent.")
    lower_pct: float | None = Field(
        description="The lower end of the 95 % interval of the difference, by a bootstrap over blocks of dates."
    )
    upper_pct: float | None = Field(description="The upper end of this interval.")
    p_value: float | None = Field(
        description="The probability of a difference at least as large by chance, where there is none."
    )
    adjusted_p_value: float | None = Field(
        description="The same, corrected for all patterns and horizons of the request (Holm)."
    )
    verdict: Verdict = Field(
        description="`better` or `worse` where chance does not explain the difference, `no_difference` where it does: "
        "as on any other day. `too_few`: the hits are too few to tell."
    )


class HitChart(_ResultModel):
    """The closes around a hit, for a small chart; a longer part is thinned out."""

    first: date = Field(description="The day of the first close.")
    last: date = Field(description="The day of the last close.")
    closes: list[float] = Field(description="The closes, adjusted for splits.")
    begin: int = Field(description="The place of the pattern's first day among the closes, from 0.")
    end: int = Field(description="The place of the pattern's last day.")
    known: int = Field(description="The place of the day on which the hit is known.")


class Hit(_ResultModel):
    """A place where the pattern was found."""

    ticker: str
    begin: date = Field(description="The first day of the pattern; of a turnaround, the day of the extreme before.")
    end: date = Field(description="The last day of the pattern; of a turnaround, the day of its extreme.")
    known: date = Field(description="The day after whose close the hit could be known. Moves count from there.")
    close: float = Field(description="The close on the day `known`.")
    similarity: float | None = Field(description="The correlation with the shape. Null for other patterns.")
    distance: float | None = Field(
        description="The z-normalised distance from the shape; with `dtw`, the warped one. Null for other patterns."
    )
    followed_pct: list[float | None] = Field(
        description="The move over each horizon in percent. Null where it is not known yet."
    )
    chart: HitChart


class PatternFound(_ResultModel):
    """One pattern: its hits, and what followed them."""

    item: int = Field(description="The place of the pattern in the question, from 0.")
    name: str = Field(description="The pattern in words.")
    sign: Sign | None = Field(description="The direction of a candlestick pattern by TA-Lib. Null for others.")
    shape: list[float] | None = Field(description="The shape that was searched for. Null for other patterns.")
    total: int = Field(description="The number of hits.")
    dates: int = Field(description="The number of distinct dates of the hits.")
    stocks: int = Field(description="The number of stocks with hits.")
    summary: str = Field(description="What followed, in a few sentences.")
    followed: list[Followed] = Field(description="What followed, for each horizon.")
    hits: list[Hit] = Field(description="The newest hits; of a shape, the nearest. Charts show what followed each.")


class UnreadStock(_ResultModel):
    """A stock that was not searched, with the reason."""

    ticker: str
    code: str = Field(description="The code of the failure, for programs.")
    detail: str = Field(description="The description of the failure, for people.")


class Searched(_ResultModel):
    """The prices that were searched."""

    stocks: int = Field(description="The number of stocks that were searched.")
    prices: int = Field(description="The number of their daily prices.")
    first: date = Field(description="The first day of all of them.")
    last: date = Field(description="The last day of all of them.")
    not_searched: int = Field(description="The number of stocks that could not be searched.")
    unread: list[UnreadStock] = Field(description="The first of them, with the reasons.")


class PatternSearchResult(_ResultModel):
    """The hits of each pattern, and what followed them beside what usually follows."""

    ticker: str
    day: date = Field(description="The day of the search.")
    searched: Searched = Field(description="The prices that were searched.")
    horizons: list[int] = Field(description="The horizons in trading days.")
    levels: list[float] = Field(description="The probabilities of the quantiles.")
    tests: int = Field(description="The number of comparisons for which the verdicts are corrected.")
    patterns: list[PatternFound] = Field(
        description="The patterns in the order of the question. A candlestick pattern that announces both directions "
        "is two patterns."
    )
    caveats: list[str] = Field(description="What to keep in mind, in sentences.")
    timings_ms: dict[str, float] = Field(description="The duration of each step, in milliseconds.")
