"""The response body of a finished evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from common.domain.evaluations.result import Evaluation
from webserver.schemas import EXAMPLE_ID

_FORECAST: JsonDict = {
    "median": 432.05,
    "lower": 379.79,
    "upper": 487.55,
    "crps_pct": 2.31,
    "chance_of_gain": 0.5143,
}
_DIFFERENCE: JsonDict = {
    "mean": -0.21,
    "standard_error": 0.12,
    "freedom": 3,
    "p_value": 0.179,
    "p_corrected": 0.179,
    "verdict": "no_difference",
}
_SCORES: JsonDict = {
    "failure": None,
    "mae_pct": 6.13,
    "crps_pct": 4.4,
    "interval_score_pct": 27.2,
    "coverage": 0.75,
    "seconds": 0.4,
    "verdict": None,
    "crps_difference": None,
    "mae_difference": None,
    "forecasts": [_FORECAST] * 4,
    "holding": None,
}
_ORIGINS = (("2012-10-31", 595.32), ("2012-11-30", 585.28), ("2012-12-31", 532.17), ("2013-01-31", 455.49))
_AN_EVALUATION: JsonDict = {
    "ticker": "AAPL",
    "field": "close",
    "unit": "USD",
    "days": 30,
    "horizon_trading_days": 20,
    "level": 0.8,
    "as_of": "2013-03-01",
    "source": "sample",
    "first": "2003-03-03",
    "rows": 2518,
    "overlap": 1.0,
    "origins": [
        {"origin": day, "target": "2013-03-01", "last_value": value, "actual": 430.47} for day, value in _ORIGINS
    ],
    "models": [
        _SCORES | {"name": "last_price", "label": "Last price"},
        _SCORES
        | {
            "name": "ets",
            "label": "ETS",
            "verdict": "no_difference",
            "crps_difference": _DIFFERENCE,
            "mae_difference": _DIFFERENCE,
        },
        {
            "name": "prophet",
            "label": "Prophet",
            "failure": {
                "code": "model_failed",
                "detail": "Prophet has no scores: at origin 1 of 4, it could not be fitted. Leave it out.",
            },
            "seconds": 0.1,
        },
    ],
    "compared": 1,
    "summary": "No model forecasts better than the last price here, as far as these tests can tell. Prophet failed.",
    "split": None,
    "rule": None,
    "buy_and_hold": None,
}


class FinishedEvaluation(Evaluation):
    """A finished evaluation, with the id of its request."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_AN_EVALUATION | {"request_id": EXAMPLE_ID, "status": "done"}]}
    )

    request_id: str
    status: Literal["done"] = Field(description="Always `done`.")
