"""A backtest in words, for a terminal: each past forecast beside what came, and what that says."""

from __future__ import annotations

from cli.output.forecast_report import warnings_on, written_days, written_price
from cli.output.terminal import Paint
from common.domain.currencies import unit_words
from common.domain.results import Backtest, BacktestPoint, Forecast

_HEAD = ("made on", "for", "last close", "forecast", "interval", "came", "off by", "last price off by")
_WIDTHS = (10, 10, 11, 11, 24, 11, 8, 17)


def written_backtest(forecast: Forecast, paint: Paint) -> str:
    """Write the table of origins, oldest first, and below it what they say, as the forecast itself says it."""
    backtest = forecast.backtest
    if backtest is None:
        head = paint.bold(f"{forecast.ticker}, {written_days(forecast.days)} ahead: no backtest")
        return "\n".join([head, forecast.verdict, *warnings_on(forecast, paint)])
    head = (
        f"{forecast.ticker}, {written_days(forecast.days)} ahead ({backtest.horizon_trading_days} trading days): "
        f"{backtest.origins} past forecasts, of which the last {backtest.scored} count; "
        f"prices in {unit_words(forecast.currency)}"
    )
    level = f"{forecast.interval.level * 100:g} % interval"
    lines = [paint.bold(head), _line([word if word != "interval" else level for word in _HEAD])]
    lines += [_point(point, paint) for point in backtest.points]
    return "\n".join([*lines, *_summary(backtest, level), forecast.verdict, *warnings_on(forecast, paint)])


def _point(point: BacktestPoint, paint: Paint) -> str:
    line = _line(
        [
            str(point.origin),
            str(point.target),
            *map(written_price, (point.last_close, point.price)),
            f"{written_price(point.lower)} to {written_price(point.upper)}",
            written_price(point.actual),
            _off(point.off_by(point.price)),
            _off(point.off_by(point.last_close)),
        ]
    )
    notes = [*([] if point.held else [paint.yellow("outside")]), *([] if point.scored else ["warming up"])]
    return f"{line}  {', '.join(notes)}".rstrip()


def _off(error: float) -> str:
    return f"{error:+.1f} %"


def _summary(backtest: Backtest, level: str) -> list[str]:
    hit_rate = backtest.direction_hit_rate
    direction = (
        "none named one: each was the last price"
        if hit_rate is None
        else f"right in {hit_rate * 100:.0f} % (a coin: 50 %)"
    )
    rows = {
        "off by": (
            f"{backtest.mae_pct:.1f} % on average; simply taking the last price, {backtest.naive_mae_pct:.1f} % "
            "(percent of the close on the origin's day)"
        ),
        "skill": f"{backtest.skill:+.3f} (above 0: better than the last price{_compared(backtest)})",
        level: f"held the price in {backtest.coverage * 100:.0f} % of them{_judged(backtest)}",
        "direction": direction,
    }
    return [f"  {name:<14} {value}" for name, value in rows.items()]


def _compared(backtest: Backtest) -> str:
    return "; chance explains the difference" if backtest.comparison == "no_difference" and backtest.skill else ""


def _judged(backtest: Backtest) -> str:
    if backtest.miscalibration is None:
        return ""
    return f": {backtest.miscalibration} in the past: {backtest.held} of {backtest.scored}"


def _line(cells: list[str]) -> str:
    first, *rest = cells
    widths = iter(_WIDTHS)
    return " ".join([first.ljust(next(widths)), *(cell.rjust(width) for cell, width in zip(rest, widths, strict=True))])
