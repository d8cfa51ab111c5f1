"""The text of a backtest: each past forecast with the actual price, and a summary."""

from __future__ import annotations

from cli.output.forecast_report import price_warnings
from cli.output.terminal import Paint
from common.domain.formats import format_days, format_price
from common.domain.markets.currencies import format_unit
from common.domain.results import Backtest, BacktestPoint, Forecast

_HEAD = ("made on", "for", "last close", "forecast", "interval", "actual", "off by", "last price off by")
_WIDTHS = (10, 10, 11, 11, 24, 11, 8, 17)


def format_backtest(forecast: Forecast, paint: Paint) -> str:
    """Return the table of past forecasts, the oldest first, then the summary and the warnings."""
    backtest = forecast.backtest
    if backtest is None:
        head = paint.bold(f"{forecast.ticker}, {format_days(forecast.days)} ahead: no backtest")
        return "\n".join([head, forecast.verdict, *price_warnings(forecast, paint)])
    head = (
        f"{forecast.ticker}, {format_days(forecast.days)} ahead ({backtest.horizon_trading_days} trading days): "
        f"{backtest.origins} past forecasts, scored: the last {backtest.scored}; "
        f"prices in {format_unit(forecast.currency)}"
    )
    level = f"{forecast.interval.level * 100:g} % interval"
    lines = [paint.bold(head), _format_line([word if word != "interval" else level for word in _HEAD])]
    lines += [_format_point(point, paint) for point in backtest.points]
    return "\n".join([*lines, *_summary(backtest, level), forecast.verdict, *price_warnings(forecast, paint)])


def _format_point(point: BacktestPoint, paint: Paint) -> str:
    line = _format_line(
        [
            str(point.origin),
            str(point.target),
            *map(format_price, (point.last_close, point.price)),
            f"{format_price(point.lower)} to {format_price(point.upper)}",
            format_price(point.actual),
            _format_error(point.off_by(point.price)),
            _format_error(point.off_by(point.last_close)),
        ]
    )
    notes = [*([] if point.contains_actual else [paint.yellow("outside")]), *([] if point.scored else ["warming up"])]
    return f"{line}  {', '.join(notes)}".rstrip()


def _format_error(error: float) -> str:
    return f"{error:+.1f} %"


def _summary(backtest: Backtest, level: str) -> list[str]:
    hit_rate = backtest.direction_hit_rate
    direction = (
        "no test: every forecast was the last price"
        if hit_rate is None
        else f"right in {hit_rate * 100:.0f} % (chance: 50 %)"
    )
    rows = {
        "off by": (
            f"{backtest.mae_pct:.1f} % on average; simply taking the last price, {backtest.naive_mae_pct:.1f} % "
            "(in percent of the close on the day of the forecast)"
        ),
        "skill": f"{backtest.skill:+.3f} (above 0: better than the last price{_comparison(backtest)})",
        level: f"contained the price in {backtest.coverage * 100:.0f} % of them{_calibration(backtest)}",
        "direction": direction,
    }
    return [f"  {name:<14} {value}" for name, value in rows.items()]


def _comparison(backtest: Backtest) -> str:
    return "; the difference may be chance" if backtest.comparison == "no_difference" and backtest.skill else ""


def _calibration(backtest: Backtest) -> str:
    if backtest.miscalibration is None:
        return ""
    return f": {backtest.miscalibration} in the past: {backtest.scored_inside} of {backtest.scored}"


def _format_line(cells: list[str]) -> str:
    first, *rest = cells
    widths = iter(_WIDTHS)
    return " ".join([first.ljust(next(widths)), *(cell.rjust(width) for cell, width in zip(rest, widths, strict=True))])
