"""The response bodies of pattern searches."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from common.domain.patterns.results import LEVELS, PatternSearchResult
from webserver.schemas import EXAMPLE_ID, AnalysisProgress


class PatternSearchProgress(AnalysisProgress):
    """The progress of a pattern search, and the time left until its deadline."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": EXAMPLE_ID,
                    "status": "computing",
                    "ticker": "AAPL",
                    "deadline_in_ms": 588_000,
                    "progress": 0.275,
                    "step": "MSFT, stock 12 of 40",
                    "url": f"/api/v1/patterns/{EXAMPLE_ID}",
                }
            ]
        }
    )


_USUAL: list[Any] = [
    -5.35,
    -3.6,
    -2.7,
    -2.1,
    -1.6,
    -1.15,
    -0.75,
    -0.35,
    0.05,
    0.4,
    0.8,
    1.2,
    1.65,
    2.1,
    2.65,
    3.3,
    4.15,
    5.55,
    7.2,
]
_FOLLOWED: JsonDict = {
    "days": 5,
    "hits": 141,
    "non_overlapping": 118,
    "dates": 141,
    "after": {"mean_pct": 0.41, "chance_of_gain": 0.5461, "quantiles_pct": [round(move * 0.97, 2) for move in _USUAL]},
    "usual": {"mean_pct": 0.39, "chance_of_gain": 0.5399, "quantiles_pct": _USUAL},
    "difference_pct": 0.02,
    "lower_pct": -0.57,
    "upper_pct": 0.61,
    "p_value": 0.9385,
    "adjusted_p_value": 1.0,
    "verdict": "no_difference",
}


class FinishedPatternSearch(PatternSearchResult):
    """A finished pattern search with the id of its request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ticker": "AAPL",
                    "day": "2026-11-29",
                    "searched": {
                        "stocks": 1,
                        "prices": 2518,
                        "first": "2003-03-03",
                        "last": "2013-03-01",
                        "not_searched": 0,
                        "unread": [],
                    },
                    "horizons": [5],
                    "levels": list(LEVELS),
                    "tests": 1,
                    "patterns": [
                        {
                            "item": 0,
                            "name": "G G G R in daily candles",
                            "sign": None,
                            "shape": None,
                            "total": 142,
                            "dates": 142,
                            "stocks": 1,
                            "summary": "The pattern was found 142 times on 142 days. After 5 trading days the "
                            "price was as on any other day.",
                            "followed": [_FOLLOWED],
                            "hits": [
                                {
                                    "ticker": "AAPL",
                                    "begin": "2013-02-06",
                                    "end": "2013-02-11",
                                    "known": "2013-02-11",
                                    "close": 479.93,
                                    "similarity": None,
                                    "distance": None,
                                    "followed_pct": [-4.15],
                                    "chart": {
                                        "first": "2013-02-05",
                                        "last": "2013-02-12",
                                        "closes": [457.84, 457.35, 468.22, 474.98, 479.93, 467.9],
                                        "begin": 1,
                                        "end": 4,
                                        "known": 4,
                                    },
                                }
                            ],
                        }
                    ],
                    "caveats": ["Only stored stocks are searched."],
                    "timings_ms": {"total": 41.0},
                    "request_id": EXAMPLE_ID,
                    "status": "done",
                }
            ]
        }
    )

    request_id: str
    status: Literal["done"] = Field(description="Always `done`.")
