"""The scores of a backtest, as numbers and as sentences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.results import Backtest, BacktestPoint
from forecast_service.engine.evaluation.backtest import ORIGINS, OriginForecast, PastForecasts
from forecast_service.engine.evaluation.comparison import comparison_of
from forecast_service.engine.evaluation.coverage import calibration_of

NO_DIFFERENCE = 0.005
"""Mean errors that differ by less than half a percent of themselves are reported as equal."""


def backtest_scores(past: PastForecasts, closes: pd.Series[float], level: float) -> Backtest:
    """Score the forecasts.

    Args:
        past: the forecasts at past origins.
        closes: the closes of the history, by trading day.
        level: the probability of the intervals.

    Raises:
        ForecastFailed: a forecast left the range of numbers.
    """
    scored = past.scored
    realised = _growth([forecast.realised for forecast in scored])
    predicted = _growth([forecast.move for forecast in scored])
    errors, naive_errors = np.abs(predicted - realised), np.abs(realised)
    error, naive = errors.mean(), naive_errors.mean()
    scores = Backtest(
        origins=len(past.forecasts),
        scored=len(scored),
        horizon_trading_days=past.horizon,
        overlap=past.overlap,
        mae_pct=100 * float(error),
        naive_mae_pct=100 * float(naive),
        skill=_skill(float(error), float(naive)),
        coverage=sum(_held(forecast) for forecast in scored) / len(scored),
        direction_hit_rate=_direction_hit_rate(scored),
        points=[_point(past, index, closes) for index in range(len(past.forecasts))],
    )
    calibration = calibration_of(scores.coverage, scores.independent_tests, level)
    comparison = comparison_of(naive_errors - errors, scores.independent_tests)
    return scores.model_copy(update={"calibration": calibration, "comparison": comparison})


def summary(backtest: Backtest | None, model: str, weight: float, level: float) -> str:
    """Return the scores in sentences.

    Args:
        backtest: the scores; None where the history is too short for a backtest.
        model: the model of the forecast.
        weight: the weight of Prophet's move in the forecast.
        level: the probability of the interval.
    """
    if backtest is None:
        return (
            "The history is too short to test forecasts this far ahead: nothing shows that this one is better than "
            "the last price."
        )
    sentences = [
        f"Over the last {backtest.scored} times, {_errors(backtest, model)}.",
        coverage_sentence(backtest, level),
        *_reservations(backtest),
    ]
    if model == "blend":
        sentences.append(_weight_sentence(weight))
    return " ".join(sentences)


def coverage_sentence(backtest: Backtest, level: float) -> str:
    """Return how many prices the interval held, and whether that fits its level."""
    interval, held, scored = f"The {percent(level)} interval", backtest.scored_inside, backtest.scored
    if backtest.miscalibration:
        return f"{interval} was {backtest.miscalibration} in the past: {held} of {scored} prices came inside it."
    count = f"{interval} held the price {held} time{'s' * (held != 1)} of {scored}"
    if backtest.calibration == "too_few_tests":
        return f"{count}: too few independent tests to judge it."
    return f"{count}, which fits its level." if backtest.calibration == "as_said" else f"{count}."


def percent(fraction: float) -> str:
    """Return a fraction of 1 in percent."""
    return f"{fraction * 100:.10g} %"


def _errors(backtest: Backtest, model: str) -> str:
    """Return the mean error, with that of the last price where the model is another."""
    if model == "last_price":
        return f"the last price was off by {backtest.naive_mae_pct:.1f} % on average"
    return (
        f"forecasts like this were off by {backtest.mae_pct:.1f} % on average; "
        f"simply taking the last price, {backtest.naive_mae_pct:.1f} %: {_compared(backtest)}"
    )


def _reservations(backtest: Backtest) -> list[str]:
    """Return the reasons why the scores are weak: a short history, or tests that cover the same days."""
    sentences = []
    if backtest.origins < ORIGINS:
        sentences.append(f"The history is short: it has room for {backtest.origins} such tests, of which half warm up.")
    if backtest.independent_tests < backtest.scored:
        sentences.append(
            f"The tests overlap and are worth about {backtest.independent_tests} independent of each other."
        )
    return sentences


def _compared(backtest: Backtest) -> str:
    if abs(backtest.skill) <= NO_DIFFERENCE:
        return "no better than the last price"
    if backtest.comparison == "no_difference":
        return "a difference that chance explains"
    return "better than the last price" if backtest.skill > 0 else "worse than the last price"


def _weight_sentence(weight: float) -> str:
    if weight == 0.0:
        return "Prophet's past moves have earned no share of this forecast, so it is the last price."
    earned = f"{100 * weight:.0f}" if weight >= 0.01 else "less than 1"
    return f"Prophet's past moves have earned {earned} % of its present one."


def _skill(error: float, naive: float) -> float:
    """Return 1 minus the ratio of the errors; -1 where the last price had no error and the forecast had one."""
    if naive == 0.0:
        return -1.0 if error else 0.0
    return 1 - error / naive


def _growth(moves: list[float]) -> npt.NDArray[np.float64]:
    """Turn moves of the logarithm into relative changes, shape (n,).

    Raises:
        ForecastFailed: a forecast left the range of numbers.
    """
    with np.errstate(over="ignore"):
        growth = np.expm1(np.array(moves))
    if not np.isfinite(growth).all():
        raise ForecastFailed("The model's past forecasts left every sensible range; a shorter horizon may work.")
    return np.asarray(growth, dtype=np.float64)


def _held(forecast: OriginForecast) -> bool:
    return forecast.lower <= forecast.realised <= forecast.upper


def _direction_hit_rate(scored: tuple[OriginForecast, ...]) -> float | None:
    """Return the fraction of forecasts with the right sign; None where every forecast is the last price."""
    hits = [np.sign(forecast.move) == np.sign(forecast.realised) for forecast in scored if forecast.move]
    return float(np.mean(hits)) if hits else None


def _point(past: PastForecasts, index: int, closes: pd.Series[float]) -> BacktestPoint:
    forecast = past.forecasts[index]
    days = pd.DatetimeIndex(closes.index)
    close = float(closes.iloc[forecast.row])
    return BacktestPoint(
        origin=days[forecast.row].date(),
        target=days[forecast.row + past.horizon].date(),
        last_close=close,
        price=close * float(np.exp(forecast.move)),
        lower=close * float(np.exp(forecast.lower)),
        upper=close * float(np.exp(forecast.upper)),
        actual=float(closes.iloc[forecast.row + past.horizon]),
        prophet_weight=forecast.weight,
        scored=index >= past.warm_up,
    )
