"""The text of a backtest: each past forecast with the actual price, and a summary."""

from __future__ import annotations

from cli.output.forecast_report import price_warnings
from cli.output.terminal import Paint
from common.domain.fields import Field, field_noun, format_amount, naive_noun
from common.domain.formats import format_change, format_days, format_signed
from common.domain.markets.currencies import format_unit
from common.domain.results import Backtest, BacktestPoint, Forecast

_WIDTHS = (10, 10, 11, 11, 24, 11, 8, 17)


def format_backtest(forecast: Forecast, paint: Paint) -> str:
    """Return the table of past forecasts, the oldest first, then the summary and the warnings."""
    backtest = forecast.backtest
    if backtest is None:
        head = paint.bold(f"{_subject(forecast)}, {format_days(forecast.days)} ahead: no backtest")
        return "\n".join([head, forecast.verdict, *price_warnings(forecast, paint)])
    head = (
        f"{_subject(forecast)}, {format_days(forecast.days)} ahead ({backtest.horizon_trading_days} trading days): "
        f"{backtest.origins} past forecasts, scored: the last {backtest.scored}; "
        f"{'volumes' if forecast.is_of_volume else 'prices'} in {format_unit(forecast.value_unit)}"
    )
    level = f"{forecast.interval.level * 100:g} % interval"
    lines = [paint.bold(head), _format_line(_column_heads(forecast.field, level))]
    lines += [_format_point(point, forecast.value_unit, paint) for point in backtest.points]
    return "\n".join(
        [*lines, *_summary(backtest, level, forecast.field), forecast.verdict, *price_warnings(forecast, paint)]
    )


def _subject(forecast: Forecast) -> str:
    return forecast.ticker if forecast.field == "close" else f"{forecast.ticker}'s {forecast.field}"


def _column_heads(field: Field, level: str) -> list[str]:
    last, naive = ("usual", "usual") if field == "volume" else (f"last {field}", naive_noun(field))
    return ["made on", "for", last, "forecast", level, "actual", "off by", f"{naive} off by"]


def _format_point(point: BacktestPoint, unit: str, paint: Paint) -> str:
    line = _format_line(
        [
            str(point.origin),
            str(point.target),
            *(format_amount(value, unit) for value in (point.last_close, point.price)),
            f"{format_amount(point.lower, unit)} to {format_amount(point.upper, unit)}",
            format_amount(point.actual, unit),
            _format_error(point.off_by(point.price)),
            _format_error(point.off_by(point.last_close)),
        ]
    )
    notes = [*([] if point.contains_actual else [paint.yellow("outside")]), *([] if point.scored else ["warming up"])]
    return f"{line}  {', '.join(notes)}".rstrip()


def _format_error(error: float) -> str:
    return format_change(error, 1)


def _summary(backtest: Backtest, level: str, field: Field) -> list[str]:
    hit_rate, naive = backtest.direction_hit_rate, naive_noun(field)
    percent_of = "the usual volume" if field == "volume" else f"the {field} on the day of the forecast"
    direction = (
        f"no test: every forecast was the {naive}"
        if hit_rate is None
        else f"right in {hit_rate * 100:.0f} % (chance: 50 %)"
    )
    rows = {
        "off by": (
            f"{backtest.mae_pct:.1f} % on average; simply taking the {naive}, {backtest.naive_mae_pct:.1f} % "
            f"(in percent of {percent_of})"
        ),
        "skill": f"{format_signed(backtest.skill, 3)} (above 0: better than the {naive}{_comparison(backtest)})",
        level: f"contained the {field_noun(field)} in {backtest.coverage * 100:.0f} % of them{_calibration(backtest)}",
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
