"""No prediction of an evaluation uses a later price: changing every later price changes no earlier one, to the bit.

The call of a worker is tested, with its reading and checking of prices. What is known at an origin is all prices to
its day. At the open of a day, it is only that open and the days before; of another exchange, only the days before.
"""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.evaluations.made_up import history_of, walk
from common.domain.evaluations.question import BUILT_IN, EvaluationQuestion
from common.domain.evaluations.result import Evaluation
from common.domain.fields import FIELDS
from forecast_service.calls.evaluation import compute
from forecast_service.calls.task import Task

ROWS, ORIGINS, DAYS = 320, 6, 1
OTHERS = ("OTHER", "6758.T")
PREDICTED = ("median", "lower", "upper", "chance_of_gain")


def follower(leader, other):
    """Return closes that follow those of two stocks, so that a model which sees these uses them."""
    moves = [np.diff(np.log(closes), prepend=np.log(closes[0])) for closes in (leader, other)]
    own = np.random.default_rng(9).normal(0, 0.003, ROWS)
    own[2:] += 0.6 * moves[0][1:-1] + 0.6 * moves[1][:-2]
    return 100 * np.exp(own.cumsum())


CLOSES = {ticker: walk(ROWS, seed=seed) for seed, ticker in enumerate(OTHERS, 2)}
CLOSES["TEST"] = follower(*CLOSES.values())


def histories(changed_from=ROWS, field="close"):
    """Return the prices of the stock and of the others; all that is later than the row ``changed_from`` is changed."""
    random, found = np.random.default_rng(5), {}
    for seed, ticker in enumerate(("TEST", *OTHERS), 1):
        history = history_of(CLOSES[ticker], ticker, seed=seed)
        factors = np.exp(random.normal(0.02, 0.05, (ROWS, history.frame.shape[1])))
        is_later = np.arange(ROWS)[:, None] > changed_from - (ticker == "6758.T") + np.zeros((1, factors.shape[1]))
        if field == "open":  # the rest of the day is later than its open
            is_later[changed_from : changed_from + 1] = ticker != "TEST" or history.frame.columns != "open"
        history.frame.loc[:, :] = np.where(is_later, history.frame * factors, history.frame)
        found[ticker] = history
    return found


def predictions(name, field, stored):
    asked = EvaluationQuestion(ticker="TEST", field=field, days=DAYS, models=(name,), origins=ORIGINS, others=OTHERS)
    series = {
        ticker: SimpleNamespace(series=each, facts=SimpleNamespace(revision="1")) for ticker, each in stored.items()
    }
    output = compute(Task(asked, stored["TEST"].last, series.__getitem__, lambda _: None))
    evaluation = Evaluation(**json.loads(output.body))
    row = next(row for row in evaluation.models if row.name == name)
    days = [day.date() for day in stored["TEST"].frame.index]
    return row, [days.index(one.origin) for one in evaluation.origins]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", [*BUILT_IN, "prophet:0.5"])
def test_later_prices_change_no_earlier_prediction(name, field):
    before, origins = predictions(name, field, histories())
    if (name, field) == ("drift", "volume"):
        assert before.failure.code == "model_failed"
        return
    cut = ORIGINS - 2
    after, _ = predictions(name, field, histories(changed_from=origins[cut], field=field))
    assert before.failure is after.failure is None
    earlier, later = (
        [[tuple(getattr(one, key) for key in PREDICTED) for one in row.forecasts[part]] for row in (before, after)]
        for part in (slice(0, cut + 1), slice(cut + 1, None))
    )
    assert earlier[0] == earlier[1]
    assert all(one != other for one, other in zip(*later, strict=True)), "the changes are large enough to be seen"
