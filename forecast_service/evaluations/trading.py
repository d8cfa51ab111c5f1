"""A trading rule made of a model's chances: hold the stock while the chance of a gain exceeds a bound.

The rule decides on the day of each origin, at that day's value, and keeps its decision until the next origin; the last
one until its target. Costs are paid on each purchase and sale, and by buying and holding on the first purchase. Cash
earns nothing. The result says how a rule would have done in the past of one stock; it is no advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from common.domain.evaluations.question import TradingRule
from common.domain.evaluations.result import Difference, Holding
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.inference import compare_all, mean_test
from forecast_service.evaluations.past import FloatArray


@dataclass(frozen=True)
class _Run:
    """The capital after each day, beginning with 1, the return of each step in percent, and the trades."""

    capital: FloatArray
    step_returns: FloatArray
    trades: int
    time_held: float


def holdings_of(
    chances: Mapping[str, FloatArray], rule: TradingRule, values: FloatArray, origins: Origins
) -> tuple[dict[str, Holding], Holding]:
    """Return the outcome of the rule with the chances of each model, and that of buying and holding.

    The differences between them are tested as those of scores are; steps never overlap.

    Args:
        chances: the chance of a gain at each origin by model, shape (origins,).
        rule: the bound and the costs.
        values: the values of the field, shape (days,).
        origins: the origins.
    """
    cost = rule.cost_pct / 100
    always = _run(np.ones(len(origins.rows), dtype=np.bool_), cost, values, origins)
    runs = {name: _run(each > rule.bound, cost, values, origins) for name, each in chances.items()}
    tests = [mean_test(run.step_returns - always.step_returns, 1.0) for run in runs.values()]
    compared = zip(runs.items(), compare_all(tests), strict=True)
    return {name: _holding(run, difference) for (name, run), difference in compared}, _holding(always, None)


def _run(holds: np.typing.NDArray[np.bool_], cost: float, values: FloatArray, origins: Origins) -> _Run:
    """Follow the capital day by day.

    Args:
        holds: whether the stock is held after each origin, shape (origins,).
        cost: the cost of a trade, as a fraction of the amount.
        values: the values of the field, shape (days,).
        origins: the origins.
    """
    rows = np.append(origins.rows, origins.rows[-1] + origins.horizon)
    trades = np.diff(np.concatenate([[False], holds]).astype(np.int64)) != 0
    capital, held = [np.ones(1)], 0
    for start, end, is_held, has_cost in zip(rows[:-1], rows[1:], holds, trades, strict=True):
        growth = values[start + 1 : end + 1] / values[start] if is_held else np.ones(end - start)
        capital.append(capital[-1][-1] * (1 - cost * has_cost) * growth)
        held += int(end - start) * int(is_held)
    ends = np.array([part[-1] for part in capital])
    path = np.concatenate(capital)
    return _Run(path, 100 * (ends[1:] / ends[:-1] - 1), int(trades.sum()), held / float(rows[-1] - rows[0]))


def _holding(run: _Run, difference: Difference | None) -> Holding:
    fallen = 1 - run.capital / np.maximum.accumulate(run.capital)
    return Holding(
        return_pct=100 * float(run.capital[-1] - 1),
        largest_drawdown_pct=100 * float(fallen.max()),
        trades=run.trades,
        time_held=run.time_held,
        difference=difference,
    )
