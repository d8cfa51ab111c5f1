"""The losses of bad cases, as a table of a report."""

from __future__ import annotations

from common.domain.price_chances import chance_words
from common.domain.results import Forecast
from forecast_service.reports.document import Plain, Row, Table


def risk_table(forecast: Forecast) -> list[Plain]:
    """Return the table of the risk; nothing where the forecast has none, as that of volume."""
    risk = forecast.risk
    if risk is None:
        return []
    rows = (
        Row(("Value at risk, 95\N{NO-BREAK SPACE}%", _loss(risk.value_at_risk_95_pct), "worst end in 19 of 20 cases")),
        Row(
            (
                "Expected shortfall, 95\N{NO-BREAK SPACE}%",
                _loss(risk.expected_shortfall_95_pct),
                "mean of the worst 1 of 20",
            )
        ),
        Row(("Median drawdown", _loss(risk.median_drawdown_pct), "largest fall from a peak on the way")),
        Row(("95\N{NO-BREAK SPACE}% drawdown", _loss(risk.drawdown_95_pct), "exceeded in 1 of 20 cases")),
        Row(
            (
                "Volatility a year",
                f"{risk.volatility_pct:.1f} %",
                f"larger than on {chance_words(risk.volatility_percentile)} of past days",
            )
        ),
    )
    return [Table("Risk up to the target date", ("Figure", "Percent", "Meaning"), rows, numbers=(1,), wide=(2,))]


def _loss(percent: float) -> str:
    """Return a loss in percent; a negative one is a gain."""
    return f"{percent:.1f} %" if percent >= 0 else f"none: {-percent:.1f} % gain"
