"""A trading rule pays for each trade, holds until the next origin, and is compared with buying and holding."""

import numpy as np
import pytest

from benchmarks.evaluations.made_up import evaluation_of, row_of, walk, yearly_season
from common.domain.errors import InvalidRequest
from common.domain.evaluations.question import TradingRule
from common.domain.questions import validate_as
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.trading import holdings_of
from webserver.evaluations.routes import EvaluationRequest

VALUES = np.array([100.0, 110, 121, 60.5, 121, 121, 242])
STEPS = Origins(np.array([0, 2, 4]), 2)
FREE = TradingRule(cost_pct=0.0)


def holdings(chances, rule=FREE):
    return holdings_of({name: np.array(each) for name, each in chances.items()}, rule, VALUES, STEPS)


def test_the_rule_holds_from_an_origin_to_the_next_where_the_chance_exceeds_the_bound():
    found, always = holdings({"model": [0.6, 0.4, 0.51], "never": [0.5, 0.5, 0.5]})
    assert (always.return_pct, always.trades, always.time_held) == (pytest.approx(142), 1, 1.0)
    assert always.largest_drawdown_pct == pytest.approx(50)
    assert found["model"].return_pct == pytest.approx(142)
    assert (found["model"].trades, found["model"].time_held) == (3, pytest.approx(2 / 3))
    assert found["model"].largest_drawdown_pct == 0.0
    assert (found["never"].return_pct, found["never"].trades) == (0.0, 0)


def test_each_trade_costs():
    found, always = holdings({"model": [0.6, 0.4, 0.6]}, TradingRule(cost_pct=1.0))
    assert always.return_pct == pytest.approx(100 * (2.42 * 0.99 - 1))
    assert found["model"].return_pct == pytest.approx(100 * (2.42 * 0.99**3 - 1))


def test_the_bound_is_that_of_the_question():
    found, _ = holdings({"model": [0.6, 0.6, 0.6]}, TradingRule(bound=0.7))
    assert found["model"].trades == 0


def test_the_difference_is_that_of_the_steps():
    found, _ = holdings({"model": [0.6, 0.4, 0.4], "always": [1.0, 1.0, 1.0]})
    gains = np.array([0.0, 0.0, -100.0])
    difference = found["model"].difference
    assert difference.mean == pytest.approx(gains.mean())
    assert difference.standard_error == pytest.approx(gains.std(ddof=1) / np.sqrt(3))
    assert (found["always"].difference.mean, found["always"].difference.p_value) == (0.0, 1.0)


def test_an_evaluation_has_the_rule_beside_buying_and_holding():
    asked = {"models": ("drift", "prophet"), "days": 30, "origins": 30, "rule": {"cost_pct": 0.2}}
    result = evaluation_of(yearly_season(), **asked)
    assert result.buy_and_hold.trades == 1
    season = row_of(result, "prophet").holding
    assert season.return_pct > result.buy_and_hold.return_pct
    assert season.difference.verdict == "better"
    assert row_of(result, "last_price").holding.time_held == 0.0


def test_on_a_random_walk_no_rule_is_better():
    asked = {"models": ("drift", "prophet"), "days": 7, "origins": 30, "rule": {}}
    called = [
        row.holding.difference.verdict == "better"
        for seed in range(20)
        for row in evaluation_of(walk(300, seed), **asked).models
    ]
    assert sum(called) <= 3


def test_without_a_rule_there_is_no_holding():
    result = evaluation_of(walk(), models=("drift",))
    assert (result.buy_and_hold, row_of(result, "drift").holding) == (None, None)


@pytest.mark.parametrize("field", ["open", "high", "low", "volume"])
def test_a_rule_needs_a_price_at_which_one_can_trade(field):
    body = validate_as(EvaluationRequest, {"ticker": "AAPL", "field": field, "rule": {}})
    with pytest.raises(InvalidRequest, match=f"rule cannot use the {field}"):
        _ = body.question


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"rule": 3}, "rule must be an object; you sent 3."),
        ({"rule": {"bound": 2}}, "rule.bound must be a number from 0.0 to 0.99, such as 0.5; you sent 2. "
         "For 2 % write 0.02."),
        ({"rule": {"cost": 1}}, "Unknown field cost. Allowed: bound, cost_pct."),
        ({"split": 80}, "split must be a number from 0.5 to 0.95, such as 0.8; you sent 80. For 80 % write 0.8."),
        ({"field": "closes"}, "field must be close, open, high, low or volume; you sent the text \"closes\". "
         "Did you mean close?"),
        ({"origins": 3}, "origins must be a whole number from 4 to 250, such as 40; you sent 3."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_explained(wrong, detail):
    with pytest.raises(InvalidRequest) as caught:
        validate_as(EvaluationRequest, {"ticker": "AAPL"} | wrong)
    assert caught.value.detail == detail
