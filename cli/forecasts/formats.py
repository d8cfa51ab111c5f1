"""The output of ``forecast`` and ``backtest``: text, JSON documents and CSV rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.forecasts.forecast_client import ForecastAnswer
from cli.forecasts.forecasting import OutputFormat
from cli.forecasts.past_forecasts import ReadLine
from cli.output.backtest_report import format_backtest
from cli.output.chances_report import format_price_chances
from cli.output.forecast_report import format_forecast
from cli.output.terminal import Paint
from common.domain.price_chances import PriceChances, price_chances
from common.domain.results import QUANTILE_NAMES, Forecast

_FORECAST_COLUMNS = (
    *("ticker", "days", "target_date", "predicted_price", "currency", "level", "lower", "upper"),
    *("as_of", "last_close", "mae_pct", "naive_mae_pct", "coverage", "source", "stale", "calibration", "flags"),
    *QUANTILE_NAMES,
    *("field", "unit"),
)
_BACKTEST_COLUMNS = (
    *("ticker", "days", "origin", "target", "currency", "last_close", "price", "level", "lower", "upper", "actual"),
    *("scored", "source", "off_by_pct", "last_price_off_by_pct", "flags", "field", "unit"),
)
_BACKTEST_FIELDS = ("ticker", "days", "as_of", "currency", "interval", "backtest", "verdict", "model", "data")
_LATER_FIELDS = ("field", "unit", "yardstick", "history_days")


@dataclass(frozen=True)
class NamedPrices:
    """The prices of ``--above`` and ``--touch``."""

    above: float | None = None
    touch: float | None = None

    def __bool__(self) -> bool:
        """Return whether there is one."""
        return self.above is not None or self.touch is not None

    def chances(self, forecast: Forecast) -> PriceChances | None:
        """Return their probabilities; None if the forecast is of a version without a distribution."""
        if forecast.distribution is None:
            return None
        return price_chances(forecast.distribution, forecast.last_close, self.above, self.touch)


def _no_line(_forecast: Forecast) -> str:
    return ""


def forecast_format(
    charts: Mapping[str, Path], paint: Paint, prices: NamedPrices = NamedPrices(), record: ReadLine = _no_line
) -> OutputFormat:
    """Return the output format of ``forecast``.

    Args:
        charts: the chart file of each ticker.
        paint: the colours.
        prices: the prices of the options.
        record: reads the line on earlier forecasts of the stock, which follows below all texts.
    """

    def text(answer: ForecastAnswer) -> str:
        forecast = answer.forecast
        more = format_price_chances(forecast, prices.chances(forecast)) if prices else []
        return format_forecast(forecast, charts[forecast.ticker].absolute(), paint, more)

    def document(answer: ForecastAnswer) -> dict[str, Any]:
        if not prices:
            return answer.document
        chances = prices.chances(answer.forecast)
        return answer.document | {"price_chances": chances.model_dump() if chances else None}

    def rows(forecast: Forecast) -> list[Sequence[object]]:
        return [(*_forecast_row(forecast), *_chance_cells(forecast, prices))]

    columns = (*_FORECAST_COLUMNS, *_chance_columns(prices))
    return OutputFormat(text, document, columns, rows, lambda answer: record(answer.forecast))


def _chance_columns(prices: NamedPrices) -> list[str]:
    above = [] if prices.above is None else ["above", "above_probability"]
    return above if prices.touch is None else [*above, "touch", "touch_probability"]


def _chance_cells(forecast: Forecast, prices: NamedPrices) -> list[object]:
    chances = prices.chances(forecast)
    pairs = ((prices.above, chances and chances.above), (prices.touch, chances and chances.touch))
    return [
        cell for price, chance in pairs if price is not None for cell in (price, chance.probability if chance else "")
    ]


def backtest_format(paint: Paint) -> OutputFormat:
    """Return the output format of ``backtest``."""
    return OutputFormat(
        lambda answer: format_backtest(answer.forecast, paint),
        lambda answer: (
            {name: answer.document[name] for name in _BACKTEST_FIELDS}
            | {name: answer.document[name] for name in _LATER_FIELDS if name in answer.document}
        ),
        _BACKTEST_COLUMNS,
        _backtest_rows,
    )


def _forecast_row(of: Forecast) -> Sequence[object]:
    errors = (of.backtest.mae_pct, of.backtest.naive_mae_pct, of.backtest.coverage) if of.backtest else ("", "", "")
    judgement = (of.backtest and of.backtest.calibration) or ""
    interval = (of.interval.level, of.interval.lower, of.interval.upper)
    head = (of.ticker, of.days, of.target_date, of.predicted_price, of.currency)
    data = (of.data.source, of.data.stale, judgement, _flags(of))
    return (*head, *interval, of.as_of, of.last_close, *errors, *data, *_end_quantiles(of), of.field, of.value_unit)


def _backtest_rows(of: Forecast) -> list[Sequence[object]]:
    points = of.backtest.points if of.backtest else []
    level, source = of.interval.level, of.data.source
    return [
        (
            *(of.ticker, of.days, point.origin, point.target, of.currency, point.last_close, point.price),
            *(level, point.lower, point.upper, point.actual, point.scored, source),
            *(point.off_by(point.price), point.off_by(point.last_close), _flags(of), of.field, of.value_unit),
        )
        for point in points
    ]


def _end_quantiles(of: Forecast) -> Sequence[object]:
    """Return the quantiles on the target date; they are empty where a result of an older version has none."""
    return of.forecast[-1].quantiles or [""] * len(QUANTILE_NAMES)


def _flags(of: Forecast) -> str:
    return "; ".join(of.data.flags)
