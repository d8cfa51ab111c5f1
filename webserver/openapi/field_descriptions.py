"""The description of each field of the API, for the OpenAPI document.

A field that its model describes is not listed here.
"""

from __future__ import annotations

from typing import Any

_EVERYWHERE = {
    "ticker": "The stock's ticker, in upper case.",
    "days": "The number of calendar days ahead.",
    "request_id": "The id of the request, a UUID.",
    "batch_id": "The id of the batch, a UUID.",
    "token_id": "The id of the token, a UUID.",
    "session_id": "The id of the session, a UUID.",
    "identity_id": "The id of the linked identity, a UUID.",
    "account_id": "The id of the account, a UUID.",
    "watchlist_id": "The id of the list, a UUID.",
    "alert_id": "The id of the alert, a UUID.",
    "channel_id": "The id of the channel, a UUID.",
    "delivery_id": "The id of the notification, a UUID.",
    "currency": "The unit of all prices, such as `USD`. `GBp` is pence, `ZAc` South African cents, `ILA` agorot. "
    "`XXX` means that the unit is unknown.",
    "source": "The source of the prices, such as `tiingo`. `sample` is old sample data.",
    "rows": "The number of stored rows.",
    "first": "The first day with a price.",
    "last": "The last day with a price.",
    "last_close": "The last close.",
    "fetched_at": "When the prices were fetched from the source (UTC).",
    "stale": "Whether the last close is more than 7 days old.",
    "version": "The SHA-256 of the stored prices.",
    "date": "The trading day.",
    "lower": "The lower end of the interval.",
    "upper": "The upper end of the interval.",
    "code": "The code of the failure, for programs. Null if there is no failure.",
    "detail": "The description of the failure, for people. Null if there is no failure.",
    "interval": "The time between prices: a day, an hour or five minutes.",
    "model": "The forecasting model: `blend` (the default), `prophet` or `last_price`.",
    "url": "The address of the progress, and of the result once it is done.",
    "deadline_in_ms": "The milliseconds until the deadline.",
    "format": "The format of the response.",
}
_OF_MODELS = {
    "Problem": {
        "type": "A URN that contains the code.",
        "title": "The phrase of the HTTP status.",
        "status": "The HTTP status.",
        "code": "The stable code, for programs.",
        "detail": "What happened and what to do, for people.",
        "request_id": "The id of the request that ended with this failure. Absent if only this call failed.",
    },
    "Progress": {"status": "The stage of the request, or its final status."},
    "AnalysisProgress": {"status": "The stage of the request, or its final status."},
    "BatchEntry": {
        "status": "The stage of the ticker's request, or its final status.",
        "request_id": "The id of the ticker's request. Null if the text is not a ticker.",
        "url": "The address of the ticker's request. Null if the text is not a ticker.",
    },
    "BatchEntryWithResult": {"result": "The finished forecast or its selected fields. Null if there is none."},
    "BatchProgress": {
        "status": "`running`, or `ended` once every ticker is finished.",
        "counts": "The number of tickers by status.",
        "forecasts": "The tickers in the order of the request.",
    },
    "BatchRequest": {
        "tickers": "The tickers. A repeated ticker counts once. A text that is not a ticker fails; the others do not.",
        "request_id": "A UUID of your choice for the batch. The same id and body return the same batch.",
    },
    "ForecastRequest": {"request_id": "A UUID of your choice. The same id and body return the same request."},
    "StageEvent": {"event": "`stage`, or `end` for the last event.", "data": "The progress of the request, as JSON."},
    "SelectedFields": {"status": "Always `done`."},
    "FinishedForecast": {
        "as_of": "The day of the last value.",
        "last_close": "The last value of the forecast's `field`: the last close, or the last high.",
        "counted_from": "The day from which `days` is counted: today at the exchange, or the day of the last close if "
        "that is stale.",
        "target_date": "The target of the forecast: the first trading day of the exchange at least `days` after "
        "`counted_from`.",
        "predicted_price": "The median of the price, or of the other field, on the target date.",
        "interval": "The range that contains the price with probability `level`.",
        "backtest": "The errors of past forecasts of this stock. Null if the history is too short.",
        "verdict": "The summary in two or three sentences: where the price may end, how often such ranges held, "
        "what is unusual now.",
        "model": "The model that made the forecast.",
        "data": "The prices that the forecast uses.",
        "series": "The closes of the past, or the values of the other field, adjusted for splits, oldest first.",
        "forecast": "The forecast for each trading day up to the target date.",
        "components": "The components of Prophet's fit. Null if Prophet was not fitted.",
        "timings_ms": "The duration of each step, in milliseconds.",
        "status": "Always `done`.",
        "plot_url": "The address of the chart as a PNG.",
        "plot_png_base64": "The chart, a PNG in base64. `picture=false` leaves it out.",
    },
    "ForecastChances": {"target_date": "The target of the forecast."},
    "Interval": {"level": "The probability with which the interval contains the price."},
    "Backtest": {
        "origins": "The number of past forecasts.",
        "scored": "The number of past forecasts that count in the figures. The first ones only adjust the model.",
        "overlap": "The average number of scored forecasts that cover the same day.",
        "horizon_trading_days": "The number of trading days ahead.",
        "skill": "1 minus the ratio of `mae_pct` to `naive_mae_pct`. Above 0, forecasts beat the last price.",
        "coverage": "The fraction of scored intervals that contained the price.",
        "direction_hit_rate": "The fraction of forecast moves with the right sign. Null if no move was forecast.",
        "points": "Each past forecast, oldest first.",
    },
    "BacktestPoint": {
        "origin": "The last day whose price the past forecast uses.",
        "target": "The day that was forecast.",
        "last_close": "The close, or the value of the other field, on `origin`; for volume the usual volume then.",
        "price": "The forecast price.",
        "actual": "The actual close on `target`.",
        "prophet_weight": "The weight of Prophet's move in the forecast, from 0 to 1.",
        "scored": "Whether this forecast counts in the figures. The first ones only adjust the model.",
    },
    "ModelUsed": {
        "name": "The name of the model.",
        "version": "The version of the forecasting method.",
        "prophet_weight": "The weight of Prophet's move in the forecast, from 0 to 1.",
    },
    "PastClose": {"close": "The close, or the value of the other field, adjusted for splits."},
    "FuturePrice": {
        "price": "The median of the price.",
        "prophet": "Prophet's own forecast. Null if Prophet was not fitted.",
    },
    "Components": {
        "trend": "The trend as prices: a point every four weeks and one at each changepoint.",
        "yearly": "The seasonal effect through the calendar year. Null if the history is too short.",
        "changepoints": "The days on which the trend changes its growth.",
    },
    "TrendPoint": {"price": "The trend as a price."},
    "SeasonPoint": {"effect_pct": "The seasonal effect on the price, in percent of the trend."},
    "Changepoint": {"rate_change_pct": "The change of the trend's growth, in percent a year, continuously compounded."},
    "StoredTicker": {
        "previous_close": "The close before the last one. Null if there is none.",
        "change": "The last close minus the previous close.",
        "change_pct": "The change in percent of the previous close.",
        "dropped": "The number of faulty rows that were left out.",
        "flags": "What is unusual about the prices, in sentences.",
    },
    "StoredTickers": {
        "tickers": "Up to 1000 stored tickers, in alphabetical order.",
        "next": "The address of the next page. Null on the last page.",
    },
    "StoredPrices": {"prices": "The prices, oldest first."},
    "StoredIntervals": {"intervals": "The stored intervals, the longest first."},
    "StoredPrice": {
        "date": "The trading day. Absent for intraday prices.",
        "time": "The start of the bar, with its offset from UTC. Absent for daily prices.",
        "open": "The opening price.",
        "high": "The highest price.",
        "low": "The lowest price.",
        "close": "The close, adjusted for splits.",
        "adj_close": "The close, adjusted for splits and dividends. Absent for intraday prices.",
        "volume": "The number of traded shares.",
    },
    "Match": {
        "name": "The company's name. Null if it is unknown.",
        "stored": "Whether prices of the ticker are stored.",
    },
    "Matches": {"query": "The search text.", "tickers": "Up to ten matches, best match first."},
    "FinishedPatternSearch": {"searched": "The prices that were searched."},
    "Hit": {"chart": "The closes around the hit."},
    "PatternSearchProgress": {"status": "The stage of the request, or its final status."},
    "ReportProgress": {"status": "The stage of the request, or its final status."},
    "DataUsed": {"flags": "What is unusual about these prices, in sentences."},
}
_SAME_AS = {
    "BatchEntryWithResult": "BatchEntry",
    "BatchResults": "BatchProgress",
    "StoredPrices": "StoredTicker",
    "StoredUpload": "StoredTicker",
    "StoredInterval": "StoredTicker",
}


def describe_fields(schemas: dict[str, Any]) -> None:
    """Add the missing descriptions of the models' fields."""
    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            text = _description(model, name)
            if text and "description" not in field:
                field["description"] = text


def description_of_parameter(name: str) -> str | None:
    """Return the description of a parameter that has none of its own."""
    return _EVERYWHERE.get(name)


def _description(model: str, name: str) -> str | None:
    own = _OF_MODELS.get(model, {}).get(name)
    inherited = _OF_MODELS.get(_SAME_AS.get(model, ""), {}).get(name)
    return own or inherited or _EVERYWHERE.get(name)
