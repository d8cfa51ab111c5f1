"""What a backtest says: scores as numbers, and in a sentence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.results import Backtest as Scores
from common.domain.results import BacktestPoint
from forecast_service.engine.evaluation.backtest import ORIGINS, OriginForecast, PastForecasts
from forecast_service.engine.evaluation.comparison import comparison_of
from forecast_service.engine.evaluation.coverage import calibration_of

NO_DIFFERENCE = 0.005
"""A mean error that differs by less than half a percent of itself is the same, to a person."""


def scores(backtest: PastForecasts, closes: pd.Series[float], level: float) -> Scores:
    """Score the forecasts that were not warming up; errors in percent of the close on the origin's day."""
    scored = backtest.scored
    realised = _growth([forecast.realised for forecast in scored])
    predicted = _growth([forecast.move for forecast in scored])
    errors, naive_errors = np.abs(predicted - realised), np.abs(realised)
    error, naive = errors.mean(), naive_errors.mean()
    found = Scores(
        origins=len(backtest.forecasts),
        scored=len(scored),
        horizon_trading_days=backtest.horizon,
        overlap=backtest.overlap,
        mae_pct=100 * float(error),
        naive_mae_pct=100 * float(naive),
        skill=_skill(float(error), float(naive)),
        coverage=sum(_held(forecast) for forecast in scored) / len(scored),
        direction_hit_rate=_direction_hit_rate(scored),
        points=[_point(backtest, index, closes) for index in range(len(backtest.forecasts))],
    )
    calibration = calibration_of(found.coverage, found.independent, level)
    comparison = comparison_of(naive_errors - errors, found.independent)
    return found.model_copy(update={"calibration": calibration, "comparison": comparison})


def summary(found: Scores | None, model: str, share: float, level: float) -> str:
    """Say in words what the scores say, also where that is "no better than the last price"."""
    if found is None:
        return (
            "The history is too short to test forecasts this far ahead: nothing shows that this one is better than "
            "the last price."
        )
    sentences = [
        f"Over the last {found.scored} times, {_errors(found, model)}.",
        coverage_sentence(found, level),
        *_reservations(found),
    ]
    if model == "blend":
        sentences.append(_earned(share))
    return " ".join(sentences)


def coverage_sentence(backtest: Scores, level: float) -> str:
    """Return how many prices the interval held, and whether that fits its level."""
    interval, held, scored = f"The {percent(level)} interval", backtest.held, backtest.scored
    if backtest.miscalibration:
        return f"{interval} was {backtest.miscalibration} in the past: {held} of {scored} prices came inside it."
    count = f"{interval} held the price {held} time{'s' * (held != 1)} of {scored}"
    if backtest.calibration == "too_few_tests":
        return f"{count}: too few independent tests to judge it."
    return f"{count}, which fits its level." if backtest.calibration == "as_said" else f"{count}."


def percent(fraction: float) -> str:
    """Return a fraction of 1 in percent."""
    return f"{fraction * 100:.10g} %"


def _errors(found: Scores, model: str) -> str:
    """The mean errors, beside the last price's where the forecast is not just that."""
    if model == "last_price":
        return f"the last price was off by {found.naive_mae_pct:.1f} % on average"
    return (
        f"forecasts like this were off by {found.mae_pct:.1f} % on average; "
        f"simply taking the last price, {found.naive_mae_pct:.1f} %: {_compared(found)}"
    )


def _reservations(found: Scores) -> list[str]:
    """What makes the scores weaker than they look: a short history, or tests that cover the same days."""
    said = []
    if found.origins < ORIGINS:
        said.append(f"The history is short: it has room for {found.origins} such tests, of which half warm up.")
    if found.independent < found.scored:
        said.append(f"The tests overlap and are worth about {found.independent} independent of each other.")
    return said


def _compared(found: Scores) -> str:
    if abs(found.skill) <= NO_DIFFERENCE:
        return "no better than the last price"
    if found.comparison == "no_difference":
        return "a difference that chance explains"
    return "better than the last price" if found.skill > 0 else "worse than the last price"


def _earned(share: float) -> str:
    if share == 0.0:
        return "Prophet's past moves have earned no share of this forecast, so it is the last price."
    earned = f"{100 * share:.0f}" if share >= 0.01 else "less than 1"
    return f"Prophet's past moves have earned {earned} % of its present one."


def _skill(error: float, naive: float) -> float:
    """1 minus the ratio of the errors; where the last price was never off, any error at all is as bad as can be."""
    if naive == 0.0:
        return -1.0 if error else 0.0
    return 1 - error / naive


def _growth(moves: list[float]) -> npt.NDArray[np.float64]:
    """Turn moves of the logarithm into growth; raises ForecastFailed where a forecast left the range of numbers."""
    with np.errstate(over="ignore"):
        growth = np.expm1(np.array(moves))
    if not np.isfinite(growth).all():
        raise ForecastFailed("The model's past forecasts left every sensible range; a shorter horizon may work.")
    return np.asarray(growth, dtype=np.float64)


def _held(forecast: OriginForecast) -> bool:
    return forecast.lower <= forecast.realised <= forecast.upper


def _direction_hit_rate(scored: tuple[OriginForecast, ...]) -> float | None:
    """None where no forecast said up or down: the last price has no direction."""
    hits = [np.sign(forecast.move) == np.sign(forecast.realised) for forecast in scored if forecast.move]
    return float(np.mean(hits)) if hits else None


def _point(backtest: PastForecasts, index: int, closes: pd.Series[float]) -> BacktestPoint:
    forecast = backtest.forecasts[index]
    days = pd.DatetimeIndex(closes.index)
    close = float(closes.iloc[forecast.row])
    return BacktestPoint(
        origin=days[forecast.row].date(),
        target=days[forecast.row + backtest.horizon].date(),
        last_close=close,
        price=close * float(np.exp(forecast.move)),
        lower=close * float(np.exp(forecast.lower)),
        upper=close * float(np.exp(forecast.upper)),
        actual=float(closes.iloc[forecast.row + backtest.horizon]),
        prophet_weight=forecast.share,
        scored=index >= backtest.warm_up,
    )
