"""A finished forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockcast_client.models.generated import FinishedForecast
from stockcast_client.results.frames import frame_of
from stockcast_client.results.notebook import NO_ADVICE, chart, paragraph

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The probabilities of ``FuturePrice.quantiles``."""


class Forecast(FinishedForecast):
    """A finished forecast. A notebook shows its chart and its verdict."""

    def to_frame(self) -> pd.DataFrame:
        """Return the future prices: a row a trading day, with ``price``, ``lower``, ``upper`` and the quantiles.

        The columns ``q0.025`` to ``q0.975`` are the prices at these probabilities. The index is the date.
        """
        return frame_of(map(_row, self.forecast or ()), index="date", dates=["date"])

    def past_to_frame(self) -> pd.DataFrame:
        """Return the past values that the chart shows: a row a trading day, with ``close``. The index is the date."""
        return frame_of((each.model_dump() for each in self.series or ()), index="date", dates=["date"])

    def _repr_html_(self) -> str:
        title = f"{self.ticker}: forecast for {self.target_date}"
        return "".join(
            (
                f"<div><strong>{paragraph(title)[3:-4]}</strong>",
                paragraph(self.verdict or ""),
                chart(self.plot_png_base64, title),
                paragraph(f"{source_line(self)} {NO_ADVICE}"),
                "</div>",
            )
        )


def _row(price: Any) -> dict[str, Any]:
    named = zip(LEVELS, price.quantiles or (), strict=False)
    return {
        "date": price.date,
        "price": price.price,
        "lower": price.lower,
        "upper": price.upper,
        **{f"q{level:g}": value for level, value in named},
    }


def source_line(forecast: FinishedForecast) -> str:
    """Return where the prices of a forecast come from, and how old they are."""
    data = forecast.data
    if data is None:
        return ""
    source = getattr(data, "source_name", None) or data.source
    age = " These prices are more than a week old." if data.stale else ""
    return f"Prices: {source}, {data.first} to {data.last}.{age}"
