"""The meaning of each field of the API, for the OpenAPI document.

A field whose model has a description of its own is not here.
"""

from __future__ import annotations

from typing import Any

_EVERYWHERE = {
    "ticker": "The stock's ticker, in upper case.",
    "days": "How many calendar days ahead the forecast is.",
    "request_id": "The id of the request, a UUID.",
    "batch_id": "The id of the batch, a UUID.",
    "currency": "The currency of all prices, such as `USD`; `XXX` where it is unknown.",
    "source": "The source of the prices, such as `tiingo`; `sample` is old sample data.",
    "rows": "How many prices are stored.",
    "first": "The first day with a price.",
    "last": "The last day with a price.",
    "last_close": "The last close.",
    "fetched_at": "When the source was asked for the prices (UTC).",
    "stale": "Whether the last close is more than a week old.",
    "version": "The SHA-256 of the stored prices.",
    "date": "The trading day.",
    "lower": "The lower end of the interval.",
    "upper": "The upper end of the interval.",
    "code": "Why it failed, for programs; null where it did not.",
    "detail": "Why it failed, for people; null where it did not.",
    "interval": "The time from one price to the next: a day, an hour or five minutes.",
    "model": "The model: `blend` (the default), `prophet` or `last_price`.",
    "url": "The address of its state and, once it is done, of its result.",
    "deadline_in_ms": "The milliseconds until the deadline; it ends by then.",
    "format": "The form of the answer.",
    "filename": "The name of a file of the page.",
}
_OF_MODELS = {
    "Problem": {
        "type": "A URN that names the code.",
        "title": "The phrase of the HTTP status.",
        "status": "The HTTP status.",
        "code": "The stable code, for programs.",
        "detail": "What happened and what to do, for people.",
        "request_id": "The request that ended with this problem; absent where the problem is that of the answer alone.",
    },
    "Progress": {"status": "The stage, or how it ended."},
    "BatchEntry": {
        "status": "The stage of the ticker's request, or how it ended.",
        "request_id": "The id of the ticker's request; null for a text that is no ticker.",
        "url": "The address of the ticker's request; null for a text that is no ticker.",
    },
    "BatchEntryWithResult": {"result": "The finished forecast, or the wanted fields of it; null where there is none."},
    "BatchProgress": {
        "status": "`running`, or `ended` once every ticker is finished.",
        "counts": "How many tickers there are of each status.",
        "forecasts": "The tickers in the order in which they were asked for.",
    },
    "BatchRequest": {
        "tickers": "The stocks' tickers. A repeated one counts once; a text that is not a ticker fails alone.",
        "request_id": "An id of your own for the batch: the same id and body return the same batch.",
    },
    "ForecastRequest": {"request_id": "An id of your own: the same id and body return the same request."},
    "StageEvent": {"event": "`stage`, or `end` for the last one.", "data": "The state of the request, as JSON."},
    "SelectedFields": {"status": "Always `done`."},
    "FinishedForecast": {
        "as_of": "The day of the last close.",
        "counted_from": "The day from which the days are counted: today, or the last close where that is stale.",
        "target_date": "The trading day of the forecast: the first one at least `days` after `counted_from`.",
        "predicted_price": "The forecast price on the target date.",
        "interval": "The range that holds the price with the given probability.",
        "backtest": "How such forecasts of this stock came out before; null where the history is too short.",
        "verdict": "What the backtest shows, in a sentence.",
        "model": "The model that answered.",
        "data": "The prices that the forecast is made from.",
        "series": "The closes of the past, adjusted for splits, oldest first.",
        "forecast": "The forecast for each trading day up to the target date.",
        "components": "The parts of Prophet's fit; null where Prophet was not fitted.",
        "timings_ms": "How long each step took, in milliseconds.",
        "status": "Always `done`.",
        "plot_url": "The address of the picture.",
        "plot_png_base64": "The picture, a PNG in base64. `picture=false` leaves it out.",
    },
    "Interval": {"level": "The probability with which the interval holds the price."},
    "Backtest": {
        "origins": "How many past forecasts were made.",
        "scored": "How many of them count in the figures: the last ones. The first ones only adjust the model.",
        "overlap": "How many of the scored forecasts cover the same day, on average.",
        "horizon_trading_days": "How many trading days ahead they were.",
        "skill": "1 minus the ratio of the mean absolute errors, the forecast's to the last price's.",
        "coverage": "The fraction of the scored intervals that held the price.",
        "direction_hit_rate": "The fraction of forecast moves with the right sign; null where none was forecast.",
        "points": "Each past forecast, oldest first.",
    },
    "BacktestPoint": {
        "origin": "The day on which the forecast could have been made.",
        "target": "The day whose price was forecast.",
        "last_close": "The close on the origin's day.",
        "price": "The forecast price.",
        "actual": "The actual close on that day.",
        "prophet_weight": "The weight of Prophet's move in the forecast.",
        "scored": "Whether it counts in the figures; the first ones only adjust the model.",
    },
    "ModelUsed": {
        "name": "The name of the model.",
        "version": "The version of the forecasting method.",
        "prophet_weight": "The weight of Prophet's move in the forecast, from 0 to 1.",
    },
    "PastClose": {"close": "The close, adjusted for splits."},
    "FuturePrice": {
        "price": "The forecast price.",
        "prophet": "Prophet's own forecast; null where it was not fitted.",
    },
    "Components": {
        "trend": "The trend as prices: a point every four weeks and one at each bend.",
        "yearly": "The effect of the season through the calendar year; null where the history is too short.",
        "changepoints": "The days on which the trend bends.",
    },
    "TrendPoint": {"price": "The trend, as a price."},
    "SeasonPoint": {"effect_pct": "By how many percent the season moves the price off its trend."},
    "Changepoint": {"rate_change_pct": "By how much the growth changes, in percent a year, continuously compounded."},
    "StoredTicker": {
        "previous_close": "The close before the last one; null if there is none.",
        "change": "The last close minus the one before.",
        "change_pct": "The change in percent of the close before.",
        "dropped": "How many faulty rows were left out.",
        "flags": "What is unusual about the prices, in sentences.",
    },
    "StoredTickers": {
        "tickers": "Up to 1000 stored tickers, in order.",
        "next": "The address of the next page; null on the last one.",
    },
    "StoredPrices": {"prices": "The prices, oldest first."},
    "StoredPrice": {
        "date": "The trading day; absent for prices within the day.",
        "time": "The beginning of the bar, with its distance from UTC; absent for daily prices.",
        "open": "The first price.",
        "high": "The highest price.",
        "low": "The lowest price.",
        "close": "The last price, adjusted for splits.",
        "adj_close": "The last price, adjusted for splits and dividends; absent for prices within the day.",
        "volume": "How many shares were traded.",
    },
    "Match": {
        "name": "The company's name; null where it is not known.",
        "stored": "Whether its prices are stored.",
    },
    "Matches": {"query": "The text of the search.", "tickers": "The ten best matches, best first."},
    "DataUsed": {"flags": "What is unusual about these prices, in sentences."},
}
_SAME_AS = {"BatchEntryWithResult": "BatchEntry", "BatchResults": "BatchProgress", "StoredPrices": "StoredTicker"}


def describe_fields(schemas: dict[str, Any]) -> None:
    """Add a description to every field of the models that has none."""
    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            said = _description(model, name)
            if said and "description" not in field:
                field["description"] = said


def description_of_parameter(name: str) -> str | None:
    """Return what a parameter means that does not describe itself."""
    return _EVERYWHERE.get(name)


def _description(model: str, name: str) -> str | None:
    own = _OF_MODELS.get(model, {}).get(name)
    inherited = _OF_MODELS.get(_SAME_AS.get(model, ""), {}).get(name)
    return own or inherited or _EVERYWHERE.get(name)
