"""The yardstick of forecasts: Prophet with its own functions, on the same closes."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from prophet import Prophet

from common.domain.prices import PriceSeries
from ingestion_service.prices.checks import check_series
from ingestion_service.providers.sample import Sample


def sample_series(ticker: str = "AAPL") -> PriceSeries:
    """Return the last ten years of a ticker's sample prices."""
    return check_series(Sample().fetch(ticker, since=datetime.now(UTC).date(), timeout_s=5), datetime.now(UTC))


def quiet_prophet() -> None:
    """Turn off the log lines of Prophet and Stan."""
    for name in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(
            name
        ).disabled = True  # a level would not last: cmdstanpy sets its own when it is imported later


def stock_prophet(closes: pd.Series, days: int) -> bytes:
    """Fit, predict and plot with all of Prophet's defaults. Return the PNG."""
    return _fit_and_plot(Prophet(), closes, days)


def same_model_prophet(closes: pd.Series, days: int) -> bytes:
    """Fit the service's model by Stan, predict and plot with Prophet's own functions. Return the PNG."""
    model = Prophet(scaling="minmax", weekly_seasonality=False, daily_seasonality=False)
    return _fit_and_plot(model, np.log(closes), days)


def fit_stock_prophet(closes: pd.Series) -> Prophet:
    """Fit with all of Prophet's defaults. Return the fitted model."""
    model = Prophet()
    _fit(model, closes)
    return model


def predict_with_stock_prophet(closes: pd.Series, days: int) -> pd.DataFrame:
    """Fit and predict the days ahead with all of Prophet's defaults. Return the prediction."""
    model = fit_stock_prophet(closes)
    return model.predict(model.make_future_dataframe(days, include_history=False))


def _fit(model: Prophet, closes: pd.Series) -> None:
    model.fit(pd.DataFrame({"ds": closes.index, "y": closes.to_numpy()}))


def _fit_and_plot(model: Prophet, closes: pd.Series, days: int) -> bytes:
    _fit(model, closes)
    figure = model.plot(model.predict(model.make_future_dataframe(days)))
    png = io.BytesIO()
    figure.savefig(png, format="png")
    figure.clf()
    return png.getvalue()
