"""The document of a report: a summary page where there are several forecasts, then two pages a stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.domain.errors import Failure
from common.domain.fields import format_amount, format_value
from common.domain.formats import format_change, format_date
from common.domain.price_chances import chance_words
from common.domain.results import Forecast
from forecast_service.charts.wording import date_label
from forecast_service.engine.evaluation.summary import percent
from forecast_service.reports.document import Block, Document, Heading, PageBreak, Paragraph, Row, Table
from forecast_service.reports.stock_pages import Surroundings, change_pct, notices, stock_pages, subject

FOOTER = "Stockcast. Probabilities as far as the model knows. Not investment advice."


@dataclass(frozen=True)
class Entry:
    """A forecast of a report, or the reason why there is none. ``name`` is its ticker, or its id."""

    name: str
    forecast: Forecast | None = None
    failure: Failure | None = None


def default_title(entries: Sequence[Entry]) -> str:
    """Return the title of a report that its client gave none."""
    names = [entry.name for entry in entries]
    if len(names) == 1:
        forecast = entries[0].forecast
        of = f"{names[0]} for {format_date(forecast.target_date)}" if forecast else names[0]
        return f"Forecast of {of}"
    shown = ", ".join(names[:3])
    return f"Forecasts of {shown}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def first_blocks(title: str, entries: Sequence[Entry]) -> list[Block]:
    """Return the blocks before the first stock: the summary page of several, nothing for a single one."""
    if len(entries) == 1:
        return []
    shown = [entry for entry in entries if entry.forecast]
    counts = f"{len(shown)} of {len(entries)} forecasts"
    missing = len(entries) - len(shown)
    words = f"This report has {counts}." if missing else f"This report has {len(entries)} forecasts, two pages each."
    if missing:
        words += f" {missing} could not be made; the table states the {'reason' if missing == 1 else 'reasons'}."
    return [
        Heading(title, 1),
        Paragraph(words, "lead"),
        _summary(entries),
        *_shared_notices(shown),
        Paragraph(
            "Rise: the probability of ending above the last value. Off by: the mean error of past forecasts. Intervals "
            "are those on the target date. The pages of each stock state how its numbers were tested.",
            "small",
        ),
        PageBreak(),
    ]


def later_blocks(entry: Entry, place: int, around: Surroundings, *, is_last: bool) -> list[Block]:
    """Return the pages of one stock, and the end of its last page."""
    if entry.forecast is None:
        return []
    pages = stock_pages(entry.forecast, around, anchor_of(place))
    return pages if is_last else [*pages, PageBreak()]


def document_of(title: str, blocks: Sequence[Block]) -> Document:
    """Return the document."""
    return Document(title, FOOTER, tuple(blocks))


def anchor_of(place: int) -> str:
    """Return the anchor of a stock's pages."""
    return f"stock-{place + 1}"


def _summary(entries: Sequence[Entry]) -> Table:
    levels = {entry.forecast.interval.level for entry in entries if entry.forecast}
    rows = tuple(_row(entry, place, shows_level=len(levels) > 1) for place, entry in enumerate(entries))
    interval = "Interval" if len(levels) > 1 else f"{percent(*levels)} interval"
    heads = ("Stock", "Last", "Forecast", "For", "Change", interval, "Rise", "Off by")
    return Table("Summary", heads, rows, numbers=(1, 2, 4, 6, 7), wide=(5,))


def _row(entry: Entry, place: int, *, shows_level: bool) -> Row:
    forecast = entry.forecast
    if forecast is None:
        return Row((entry.name, entry.failure.detail if entry.failure else "There is no forecast."))
    interval, unit = forecast.interval, forecast.value_unit
    bounds = f"{format_amount(interval.lower, unit)} to {format_amount(interval.upper, unit)}"
    return Row(
        (
            subject(forecast),
            format_amount(forecast.last_close, unit),
            format_value(forecast.predicted_price, unit),
            date_label(forecast.target_date),
            format_change(change_pct(forecast, forecast.predicted_price), 1),
            f"{percent(interval.level)}: {bounds}" if shows_level else bounds,
            chance_words(forecast.chances.above_last_close) if forecast.chances else "–",
            f"{forecast.backtest.mae_pct:.1f} %" if forecast.backtest else "–",
        ),
        anchor_of(place),
    )


def _shared_notices(shown: Sequence[Entry]) -> list[Block]:
    """Return a notice for each reason, with the stocks that it concerns."""
    concerned = [subject(one.forecast) for one in shown if one.forecast and notices(one.forecast)]
    if not concerned:
        return []
    words = f"Read the notices on the pages of {', '.join(concerned)} before you use their figures."
    return [Paragraph(words, "notice")]
