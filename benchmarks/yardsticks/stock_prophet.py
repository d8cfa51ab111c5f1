"""What the benchmarks are measured against: Prophet as everybody uses it, on the same closes."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from prophet import Prophet

from common.domain.prices import PriceSeries
from ingestion_service.prices.checks import checked_series
from ingestion_service.providers.sample import Sample


def sample_series(ticker: str = "AAPL") -> PriceSeries:
    """The last ten years of a ticker's sample prices."""
    return checked_series(Sample().fetch(ticker, since=datetime.now(UTC).date(), timeout_s=5), datetime.now(UTC))


def quiet_prophet() -> None:
    """Keep Stan's progress out of the benchmark's output."""
    for name in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(name).disabled = True  # cmdstanpy sets its own level when it is imported, later


def stock_prophet(closes: pd.Series, days: int) -> bytes:
    """Fit, predict and plot with all of Prophet's defaults; return the PNG."""
    return _drawn(Prophet(), closes, days)


def same_model_prophet(closes: pd.Series, days: int) -> bytes:
    """Fit, predict and plot the model that the service uses with Stan, through Prophet's own functions alone."""
    model = Prophet(scaling="minmax", weekly_seasonality=False, daily_seasonality=False)
    return _drawn(model, np.log(closes), days)


def _drawn(model: Prophet, closes: pd.Series, days: int) -> bytes:
    model.fit(pd.DataFrame({"ds": closes.index, "y": closes.to_numpy()}))
    figure = model.plot(model.predict(model.make_future_dataframe(days)))
    png = io.BytesIO()
    figure.savefig(png, format="png")
    figure.clf()
    return png.getvalue()
