"""Made-up histories for the tests of evaluations."""

import numpy as np
import pandas as pd

from common.domain.evaluations.question import EvaluationQuestion
from common.domain.prices import PriceSeries
from forecast_service.engine.fields import field_values
from forecast_service.evaluations.evaluation import evaluate
from forecast_service.evaluations.models.registry import curves_of
from forecast_service.evaluations.past import Past


def frame_of(closes, seed=0):
    """Return prices around the closes, with volumes."""
    random = np.random.default_rng(seed)
    days = pd.bdate_range("2012-01-02", periods=len(closes), name="date")
    opens = np.concatenate([closes[:1], closes[:-1]]) * np.exp(random.normal(0, 0.003, len(closes)))
    high, low = np.maximum(opens, closes) * 1.004, np.minimum(opens, closes) * 0.996
    volume = np.exp(random.normal(14, 0.4, len(closes)))
    columns = {"open": opens, "high": high, "low": low, "close": closes, "adj_close": closes, "volume": volume}
    return pd.DataFrame(columns, index=days)


def walk(rows=400, seed=1, sigma=0.01):
    """Return a random walk around 100."""
    return 100 * np.exp(np.random.default_rng(seed).normal(0, sigma, rows).cumsum())


def history_of(closes, ticker="TEST", seed=0):
    return PriceSeries(ticker, "none", "USD", frame_of(np.asarray(closes), seed))


def past_of(history, field="close", others=None):
    return Past(history.ticker, field, field_values(history, field), history.frame, others or {})


def evaluation_of(closes, *, others=None, start=None, report=lambda fraction, step: None, **question):
    """Evaluate models on made-up closes."""
    asked = EvaluationQuestion(**{"ticker": "TEST", "days": 7, "origins": 20} | question)
    history = history_of(closes)
    start = start or (lambda name, past, origins: curves_of(name)(past, origins))
    return evaluate(history, past_of(history, asked.field, others), asked, start, report)


def row_of(evaluation, name):
    return next(row for row in evaluation.models if row.name == name)
