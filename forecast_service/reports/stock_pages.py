"""The two pages of a stock: the answer, the chart and the risk, then the tests, the data and how to read them."""

from __future__ import annotations

from dataclasses import dataclass

from common.domain.calibration import Calibration
from common.domain.fields import VOLUME_UNITS, field_noun, format_amount, format_value, naive_noun
from common.domain.formats import format_change, format_date, format_days
from common.domain.markets.currencies import format_currency
from common.domain.price_chances import chance_words
from common.domain.results import LARGE_MOVE_PCT, Backtest, Forecast
from forecast_service.charts.outcomes import BAND_LEVELS, has_bands
from forecast_service.charts.report_figures import backtest_figure, price_figure
from forecast_service.charts.wording import backtest_caption, date_label, header, marked_events, outcome_words
from forecast_service.engine.evaluation.summary import percent
from forecast_service.reports.document import (
    Block,
    Columns,
    Figure,
    Heading,
    ListOf,
    PageBreak,
    Paragraph,
    Plain,
    Row,
    Table,
)
from forecast_service.reports.record import record_sentence
from forecast_service.reports.risk_table import risk_table

_SHOWN_TESTS = 6
"""The number of past forecasts in the table of a report. The figure has all."""


@dataclass(frozen=True)
class Surroundings:
    """The statements of a stock's pages beside its forecast.

    Args:
        calibration: the calibration of the track record; None if nothing was scored lately.
        record: how forecasts of the stock over similar horizons came out; None if none came due.
        next_report: when the company may report next; None if that is not known.
        sentences: what is unusual about the stock; empty where nothing is known.
    """

    calibration: Calibration | None
    record: str | None = None
    next_report: str | None = None
    sentences: tuple[str, ...] = ()


def stock_pages(forecast: Forecast, around: Surroundings, anchor: str) -> list[Block]:
    """Return the blocks of a stock's two pages.

    Args:
        forecast: the forecast.
        around: what the pages state beside it.
        anchor: the place to which the summary page links.
    """
    return [
        Heading(header(forecast).title, 1, anchor),
        Paragraph(forecast.verdict, "lead"),
        *(Paragraph(words, "notice") for words in notices(forecast)),
        *([Paragraph(around.next_report)] if around.next_report else []),
        _price_figure(forecast),
        Columns((_ranges(forecast), *_chances(forecast)), (_facts(forecast), *risk_table(forecast))),
        *_insights(around.sentences, forecast),
        PageBreak(),
        Heading(f"{subject(forecast)}: how such forecasts came out"),
        *_backtest(forecast),
        Heading("The track record"),
        Paragraph(" ".join(filter(None, [around.record, record_sentence(around.calibration, forecast)]))),
        Heading("Data and checks"),
        _data(forecast),
        ListOf(tuple(forecast.data.flags) or ("The checks found nothing unusual in these prices.",)),
        Heading("How to read this report"),
        ListOf(_guide(forecast)),
    ]


def _insights(sentences: tuple[str, ...], forecast: Forecast) -> list[Block]:
    if not sentences:
        return []
    return [Heading(f"{forecast.ticker}: unusual on {format_date(forecast.as_of)}"), ListOf(sentences)]


def subject(forecast: Forecast) -> str:
    """Return what is forecast, such as "AAPL" or "AAPL's volume"."""
    return forecast.ticker if forecast.field == "close" else f"{forecast.ticker}’s {forecast.field}"


def notices(forecast: Forecast) -> list[str]:
    """Return what a reader must know first: that the prices are a sample, old, or tested badly."""
    found, data = [], forecast.data
    if data.source == "sample":
        found.append(
            f"These are old sample prices that end on {format_date(forecast.as_of)}. The forecast is an example and "
            "says nothing about today’s market."
        )
    elif data.stale:
        found.append(
            f"The prices are old: the last {forecast.field} is of {format_date(forecast.as_of)}, and the days are "
            "counted from there."
        )
    if forecast.backtest and forecast.backtest.miscalibration:
        found.append(
            f"The {percent(forecast.interval.level)} interval was {forecast.backtest.miscalibration} in the past: it "
            f"held {forecast.backtest.scored_inside} of {forecast.backtest.scored} values."
        )
    return found


def change_pct(forecast: Forecast, value: float) -> float:
    """Return the change from the last value, or from the usual volume, in percent."""
    return 100 * (value / forecast.reference - 1)


def _price_figure(forecast: Forecast) -> Figure:
    interval, unit = forecast.interval, forecast.value_unit
    dots = outcome_words(forecast)
    alt = (
        f"Chart of {subject(forecast)}: the {forecast.field} up to {format_date(forecast.as_of)}, then where it may be "
        f"by {format_date(forecast.target_date)}: {format_value(forecast.predicted_price, unit)} in the middle, with "
        f"the {percent(interval.level)} interval from {format_value(interval.lower, unit)} to "
        f"{format_value(interval.upper, unit)}."
    )
    bands = "The bands contain 50, 80 and 95 % of the outcomes." if has_bands(forecast) else ""
    words = f"{dots[1][0].upper()}{dots[1][1:]}." if dots else ""
    title = f"{subject(forecast)}: past and forecast"
    svg = price_figure(forecast, title, alt)
    marks = marked_events(forecast)
    return Figure(
        svg, " ".join(filter(None, [alt, words, marks])), " ".join(filter(None, [f"{title}.", bands, words, marks]))
    )


def _facts(forecast: Forecast) -> Table:
    unit, backtest = forecast.value_unit, forecast.backtest
    rows = [
        Row((f"Last {forecast.field}", f"{format_value(forecast.last_close, unit)}, {format_date(forecast.as_of)}")),
        Row(("Horizon", f"{format_days(forecast.days)} from {format_date(forecast.counted_from)}")),
        Row(("Forecast change", format_change(change_pct(forecast, forecast.predicted_price)))),
    ]
    if forecast.is_of_volume and forecast.yardstick is not None:
        rows.insert(1, Row(("Usual volume", f"{format_value(forecast.yardstick, unit)} on such a weekday")))
    if backtest:
        rows.append(
            Row(
                (
                    "Off by, on average",
                    f"{backtest.mae_pct:.1f} % (the {naive_noun(forecast.field)}: {backtest.naive_mae_pct:.1f} %)",
                )
            )
        )
    return Table("Key figures", ("Figure", "Value"), tuple(rows), wide=(1,))


def _ranges(forecast: Forecast) -> Table:
    """Return the ranges of the target date, the narrowest first."""
    end, unit, interval = forecast.forecast[-1], forecast.value_unit, forecast.interval
    ranges = {interval.level: (interval.lower, interval.upper)}
    if has_bands(forecast):
        ranges |= {level: (end.quantiles[n], end.quantiles[-1 - n]) for n, level in enumerate(BAND_LEVELS)}
    base = "Change from usual" if forecast.is_of_volume else "Change from last"
    rows = [
        Row(
            (
                percent(level),
                f"{format_amount(lower, unit)} to {format_amount(upper, unit)}",
                f"{format_change(change_pct(forecast, lower), 1)} to {format_change(change_pct(forecast, upper), 1)}",
            )
        )
        for level, (lower, upper) in sorted(ranges.items())
    ]
    heads = ("Probability", f"Range ({format_currency(unit)})" if unit not in VOLUME_UNITS else f"Range ({unit})", base)
    return Table(f"Where it may be on {format_date(forecast.target_date)}", heads, tuple(rows), wide=(1, 2))


def _chances(forecast: Forecast) -> list[Plain]:
    chances, field = forecast.chances, forecast.field
    if chances is None:
        return []
    up, down = ("gain", "loss") if field == "close" else ("rise", "fall")
    rows = (
        Row((f"Above the last {field}", chance_words(chances.above_last_close))),
        Row((f"A {up} of more than {LARGE_MOVE_PCT} %", chance_words(chances.gain_over_10_pct))),
        Row((f"A {down} of more than {LARGE_MOVE_PCT} %", chance_words(chances.loss_over_10_pct))),
    )
    return [Table("Chances", ("Event", "Probability"), rows, numbers=(1,))]


def _backtest(forecast: Forecast) -> list[Block]:
    backtest = forecast.backtest
    if backtest is None:
        return [Paragraph("The history is too short to test forecasts this far ahead, so there is no backtest.")]
    caption = backtest_caption(backtest, of_volume=forecast.is_of_volume)
    alt = (
        f"{caption}. Of {backtest.scored} scored forecasts, the {percent(forecast.interval.level)} interval held "
        f"{backtest.scored_inside}; the forecasts were off by {backtest.mae_pct:.1f} % on average."
    )
    title = f"{subject(forecast)}: past forecasts and actual changes"
    svg = backtest_figure(forecast, title, alt)
    figure = [Figure(svg, alt, f"{caption}.")] if svg else []
    return [
        *figure,
        Columns((_scores(backtest, forecast),), (_calibration(backtest), _direction(backtest, forecast))),
        _last_tests(backtest, forecast),
    ]


def _scores(backtest: Backtest, forecast: Forecast) -> Table:
    naive = naive_noun(forecast.field)
    rows = [Row(("Off by, on average", f"{backtest.mae_pct:.1f} %", f"{backtest.naive_mae_pct:.1f} %"))]
    if backtest.crps_pct is not None and backtest.crps_ratio:
        by_naive = f"{backtest.crps_pct / backtest.crps_ratio:.2f} %"
        rows.append(Row(("Error of the whole distribution (CRPS)", f"{backtest.crps_pct:.2f} %", by_naive)))
    if backtest.brier_up is not None:
        rows.append(Row(("Error of the chance of a rise (Brier)", f"{backtest.brier_up:.3f}", "0.250 (a coin)")))
    return Table("Errors, lower is better", ("Score", "Forecast", f"The {naive}"), tuple(rows), numbers=(1, 2))


def _calibration(backtest: Backtest) -> Table:
    seen = ((0.5, backtest.coverage_50), (0.8, backtest.coverage_80), (0.95, backtest.coverage_95))
    rows = [Row((percent(level), f"{100 * held:.0f} %")) for level, held in seen if held is not None]
    rows = rows or [Row(("Interval", f"{100 * backtest.coverage:.0f} %"))]
    return Table("Stated and seen", ("Stated probability", "Held in the past"), tuple(rows), numbers=(1,))


def _direction(backtest: Backtest, forecast: Forecast) -> Paragraph:
    tests = f"{backtest.scored} past forecasts were scored"
    if backtest.independent_tests < backtest.scored:
        tests += f"; they overlap, and are worth about {backtest.independent_tests}"
    compared = {
        "better": f"They were better than the {naive_noun(forecast.field)}.",
        "worse": f"They were worse than the {naive_noun(forecast.field)}.",
        "no_difference": f"Chance explains their difference from the {naive_noun(forecast.field)}.",
    }
    hit_rate = backtest.direction_hit_rate
    direction = "" if hit_rate is None else f"The direction was right in {100 * hit_rate:.0f} % of them."
    sentences = [f"{tests}.", compared.get(backtest.comparison or "", ""), direction]
    return Paragraph(" ".join(filter(None, sentences)), "small")


def _last_tests(backtest: Backtest, forecast: Forecast) -> Table:
    points, unit = backtest.points[-_SHOWN_TESTS:], forecast.value_unit
    rows = tuple(
        Row(
            (
                date_label(point.origin),
                date_label(point.target),
                f"{format_amount(point.lower, unit)} to {format_amount(point.upper, unit)}",
                format_amount(point.price, unit),
                format_amount(point.actual, unit),
                "inside" if point.contains_actual else "outside",
            )
        )
        for point in reversed(points)
    )
    heads = ("Made on", "For", f"{percent(forecast.interval.level)} interval", "Forecast", "Actual", "Result")
    return Table(f"The last {len(rows)} past forecasts ({format_currency(unit)})", heads, rows, wide=(2, 3, 4))


def _data(forecast: Forecast) -> Table:
    data, model = forecast.data, forecast.model
    past = "at most ten years" if forecast.history_days is None else f"the last {format_days(forecast.history_days)}"
    noun = "volumes" if forecast.is_of_volume else "prices"
    source = f"{data.source_name[0].upper()}{data.source_name[1:]}"
    weight = percent(round(model.prophet_weight, 2))
    rows = (
        Row(("Source", f"{source}, stored on {format_date(data.fetched_at)}")),
        Row(("Values", f"{data.rows} {noun}, {format_date(data.first)} to {format_date(data.last)}; {past} count")),
        Row(("Model", f"{model.name}, engine {model.version}, weight of Prophet {weight}")),
        Row(("Version of the prices", data.version[:16] or "unknown")),
    )
    return Table("Where the numbers come from", ("Item", "Content"), rows, wide=(1,))


def _guide(forecast: Forecast) -> tuple[str, ...]:
    noun = field_noun(forecast.field)
    level = forecast.interval.level
    return (
        f"The forecast is the middle of the distribution: the {noun} is as likely to be above it as below it.",
        f"The {percent(level)} interval should hold the {noun} in about {20 * level:.3g} of 20 cases.",
        "Each dot beside the chart is one of 20 equally likely outcomes. Hollow dots are below the last value.",
        "In the backtest, each bar is an earlier interval made only from prices of that time, a dot an actual value "
        "inside it, and a cross one outside. Pale bars only prepared the model.",
        "Most stocks cannot be predicted better than by their last price. The scores state whether this one could.",
        "Days are calendar days; the target is the first trading day on or after them.",
    )
