"""The row of one stock on the board."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from common.domain.errors import BadData, Failure, ForecastFailed
from common.domain.markets.dates import is_stale
from common.domain.markets.price_steps import is_step
from common.domain.markets.trading_calendars import calendar_of
from common.domain.plausibility import drop_implausible_rows
from common.domain.prices import PriceSeries
from common.s3.price_store import StoredSeries
from forecast_service.engine.horizon_forecasts import DayMove, HorizonForecast, forecast_horizons, last_move
from forecast_service.engine.trading_days import forecast_days, target_date
from forecast_service.market.dataset.schema import horizon_column

_log = logging.getLogger(__name__)


def board_row(stored: StoredSeries, horizons: Sequence[int], day: date) -> dict[str, Any]:
    """Return the row of a stock; one with the code of the failure if no forecast can be made.

    Args:
        stored: the stored prices.
        horizons: trading days ahead, ascending.
        day: the date of the board.
    """
    row = _facts(stored, day)
    try:
        return row | _forecast(stored.series, horizons)
    except (BadData, ForecastFailed) as failure:
        return row | _failed(failure)
    except MemoryError:
        raise  # it says nothing about the series
    except Exception:  # noqa: BLE001 - one series stops no other
        _log.exception("the forecast of %s failed unexpectedly", stored.series.ticker)
        return row | _failed(ForecastFailed())


def _forecast(series: PriceSeries, horizons: Sequence[int]) -> dict[str, Any]:
    history = drop_implausible_rows(series.take_last_years())
    history.require_rows()
    return _last_day(history) | _ahead(history, horizons)


def _failed(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code, "detail": failure.detail}


def _facts(stored: StoredSeries, day: date) -> dict[str, Any]:
    series, facts = stored.series, stored.facts
    return {
        "ticker": series.ticker,
        "source": facts.source,
        "currency": facts.currency,
        "prices_version": facts.revision,
        "rows": len(series),
        "as_of": series.last,
        "stale": is_stale(series.last, day),
        "last_close": float(series.frame["close"].iloc[-1]),
    }


def _last_day(history: PriceSeries) -> dict[str, Any]:
    move, last_close = last_move(history), float(history.frame["close"].iloc[-1])
    return {
        "change_pct": 100 * move.change,
        "usual_move_pct": 100 * move.deviation,
        "usual_moves": move.usual_moves,
        "day_range_lower": move.lower,
        "day_range_upper": move.upper,
        "day_range_broken": _broken(move, last_close),
    }


def _broken(move: DayMove, last_close: float) -> str | None:
    if last_close > move.upper:
        return "above"
    return "below" if last_close < move.lower else None


def _ahead(history: PriceSeries, horizons: Sequence[int]) -> dict[str, Any]:
    steps, last_close = _steps(history, horizons), float(history.frame["close"].iloc[-1])
    forecasts = {each.trading_days: each for each in forecast_horizons(history, sorted(set(steps)))}
    risk = forecasts[steps[0]].risk
    row: dict[str, Any] = {
        "volatility_pct": risk.volatility_pct,
        "volatility_percentile": 100 * risk.volatility_percentile,
    }
    for horizon, count in zip(horizons, steps, strict=True):
        values = _horizon(forecasts[count], last_close) | _scores(forecasts[count])
        row |= {horizon_column(name, horizon): value for name, value in values.items()}
    return row


def _steps(history: PriceSeries, horizons: Sequence[int]) -> list[int]:
    """Return how many steps of the series each horizon has: days, or the weeks or months that reach as far."""
    calendar, last = calendar_of(history.ticker, pd.DatetimeIndex(history.frame.index)), history.last
    if not is_step(calendar):
        return list(horizons)
    targets = [target_date(last, -(-horizon * 7 // 5), calendar) for horizon in horizons]
    return [len(forecast_days(last, target, calendar)) for target in targets]


def _horizon(forecast: HorizonForecast, last_close: float) -> dict[str, Any]:
    return {
        "target": forecast.target,
        "price": forecast.price,
        "lower": forecast.lower,
        "upper": forecast.upper,
        "range_pct": 100 * (forecast.upper - forecast.lower) / last_close,
        "chance_up": forecast.chance_up,
        "chance_gain_10": forecast.chance_gain,
        "chance_loss_10": forecast.chance_loss,
        "value_at_risk_95_pct": forecast.risk.value_at_risk_95_pct,
        "drawdown_median_pct": forecast.risk.median_drawdown_pct,
        "drawdown_95_pct": forecast.risk.drawdown_95_pct,
        "prophet_weight": forecast.prophet_weight,
    }


def _scores(forecast: HorizonForecast) -> dict[str, Any]:
    backtest = forecast.backtest
    if backtest is None:
        return {}
    return {
        "tests": backtest.independent_tests,
        "mae_pct": backtest.mae_pct,
        "crps_pct": backtest.crps_pct,
        "crps_ratio": backtest.crps_ratio,
        "coverage_80": backtest.coverage_80,
    }
