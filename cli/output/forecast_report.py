"""The text of a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.output.chances_report import format_chances, format_risk
from cli.output.terminal import Paint
from common.domain.fields import format_amount, format_value
from common.domain.formats import format_date, format_days
from common.domain.results import DataUsed, Forecast


def format_forecast(forecast: Forecast, chart: Path, paint: Paint, more: Sequence[str] = ()) -> str:
    """Return the report: the price with its date, the interval, chances, source, summary, ``more`` and warnings."""
    interval, unit = forecast.interval, forecast.value_unit
    rows = {
        f"{interval.level * 100:g} % interval": f"{format_amount(interval.lower, unit)} to "
        f"{format_value(interval.upper, unit)}",
        **_chances_and_risk(forecast),
        f"last {forecast.field}": f"{format_value(forecast.last_close, unit)} on {format_date(forecast.as_of)}",
        **_usual_volume(forecast),
        "counted from": f"{format_date(forecast.counted_from)}, {format_days(forecast.days)} ahead",
        "source": _source(forecast.data, "volumes" if forecast.is_of_volume else "prices"),
        "chart": str(chart),
    }
    subject = forecast.ticker if forecast.field == "close" else f"{forecast.ticker}'s {forecast.field}"
    head = f"{subject} on {format_date(forecast.target_date)}: {format_value(forecast.predicted_price, unit)}"
    lines = [paint.bold(head), *(f"  {name:<14} {value}" for name, value in rows.items())]
    return "\n".join([*lines, forecast.verdict, *more, *price_warnings(forecast, paint)])


def _chances_and_risk(forecast: Forecast) -> dict[str, str]:
    """Return the rows of chances and risk, as far as the version that made the forecast has them."""
    chances = {"chances": format_chances(forecast.chances, forecast.field)} if forecast.chances else {}
    return chances | ({"risk": format_risk(forecast.risk)} if forecast.risk else {})


def _usual_volume(forecast: Forecast) -> dict[str, str]:
    if not forecast.is_of_volume or forecast.yardstick is None:
        return {}
    return {"usual volume": f"{format_value(forecast.yardstick, forecast.value_unit)} on such a weekday"}


def _source(data: DataUsed, values: str) -> str:
    return f"{data.source_name}, {data.rows} {values} from {format_date(data.first)} to {format_date(data.last)}"


def price_warnings(forecast: Forecast, paint: Paint) -> list[str]:
    """Return the flags of the prices, a report that may come, and a warning if the prices are a sample or old."""
    report = [forecast.report_note] if forecast.report_note else []
    return [paint.yellow(words) for words in (*forecast.data.flags, *report, *_age_warnings(forecast))]


def _age_warnings(forecast: Forecast) -> list[str]:
    last = format_date(forecast.as_of)
    if forecast.data.source == "sample":
        sample = f"These are old sample prices that end on {last}"
        return [f"{sample}. The forecast is an example and says nothing about today's market."]
    if forecast.data.stale:
        return [f"The prices are old: the last close is of {last}, and the forecast starts there."]
    return []
