"""The calls that the documents show, in the order in which they are sent to a new stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One documented call.

    Attributes:
        name: The name of its two files, without the ending.
        path: The address below the server; ``{name}`` stands for the id that the call of that name returned.
        body: The JSON to send, if any.
        until: The status to wait for: the call is repeated until ``status`` in the answer is equal to it.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    until: str | None = None

    def as_curl(self, path: str) -> str:
        """Return the command that sends the call."""
        words = ["curl"]
        if self.method not in {"GET", "POST"} or (self.method == "POST" and self.body is None):
            words += ["-X", self.method]
        for name, value in self.headers.items():
            words += ["-H", f"'{name}: {value}'"]
        if self.body is not None:
            words += ["-d", f"'{json.dumps(self.body)}'"]
        address = f"localhost:5000{path}"
        words.append(f"'{address}'" if set(address) & set("?&;") else address)
        return " ".join(words)


_AAPL = {"ticker": "AAPL", "days": 30}
_REQUESTS = [
    {"kind": "forecast", "ticker": "AAPL", "days": 45},
    {"kind": "forecast", "ticker": "MSFT", "days": 180, "model": "prophet"},
    {"kind": "forecast", "ticker": "IBM"},
]
_ALERT = {"ticker": "AAPL", "condition": {"kind": "price", "side": "above", "price": 450.0}}
_FAULTY_PRICES = {
    "currency": "EUR",
    "prices": [{"date": "2024-01-02", "close": 7}, {"date": "2024-01-03", "close": -4}],
}
_CANDLES = {"type": "candles", "candles": "G G G R"}
_SHORT = "fields=predicted_price,currency,interval,target_date"
_OF_VOLUME = "fields=predicted_price,unit,yardstick,interval,target_date,verdict"
_OWN_ID = {"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"}
_EVALUATION = {"ticker": "AAPL", "days": 30, "models": ["prophet", "ets"], "origins": 30, "rule": {}}

CALLS = (
    Call("forecast", "POST", f"/api/v1/forecasts?{_SHORT}", _AAPL),
    Call("forecast_whole", "POST", "/api/v1/forecasts", _AAPL),
    Call("accepted", "POST", "/api/v1/forecasts", {"ticker": "MSFT", "days": 90}, {"Prefer": "wait=0"}),
    Call("poll", "GET", f"/api/v1/forecasts/{{accepted}}?{_SHORT}", until="done"),
    Call("chances", "GET", "/api/v1/forecasts/{accepted}/chances?above=30&touch=35"),
    Call("events", "GET", "/api/v1/forecasts/{accepted}/events"),
    Call("cancel", "DELETE", "/api/v1/forecasts/{accepted}"),
    Call("own_id", "POST", f"/api/v1/forecasts?{_SHORT}", _AAPL, _OWN_ID),
    Call("conflict", "POST", "/api/v1/forecasts", {"ticker": "AAPL", "days": 60}, _OWN_ID),
    Call("batch", "POST", "/api/v1/forecasts:batch", {"tickers": ["AAPL", "MSFT", "NO/SUCH"], "days": 21}),
    Call("batch_progress", "GET", "/api/v1/batches/{batch}", until="ended"),
    Call("batch_results", "GET", "/api/v1/batches/{batch}?fields=predicted_price,interval"),
    Call("batch_csv", "GET", "/api/v1/batches/{batch}?format=csv&fields=target_date,predicted_price,currency"),
    Call("batch_cancel", "DELETE", "/api/v1/batches/{batch}"),
    Call("track", "PUT", "/api/v1/tickers/IBM"),
    Call("ticker", "GET", "/api/v1/tickers/IBM"),
    Call("facts", "GET", "/api/v1/tickers/IBM/facts"),
    Call("tickers", "GET", "/api/v1/tickers"),
    Call("tickers_page", "GET", "/api/v1/tickers?after=IBM"),
    Call("search", "GET", "/api/v1/tickers?q=apple"),
    Call("prices", "GET", "/api/v1/prices/AAPL?start=2013-02-28"),
    Call("prices_csv", "GET", "/api/v1/prices/AAPL?start=2013-02-27&format=csv"),
    Call("latest", "GET", "/api/v1/prices/latest?tickers=AAPL,MSFT,XOM"),
    Call("intervals", "GET", "/api/v1/prices/AAPL/intervals"),
    Call("refresh", "POST", "/api/v1/prices/AAPL:refresh"),
    Call("upload_rows", "PUT", "/api/v1/prices/MY-FUND", _FAULTY_PRICES),
    Call("untrack", "DELETE", "/api/v1/tickers/IBM"),
    Call("wrong_ticker", "POST", "/api/v1/forecasts", {"ticker": "../x", "days": 30}),
    Call("wrong_field", "POST", "/api/v1/forecasts", {"ticker": "AAPL", "dayz": 30}),
    Call("unknown_ticker", "POST", "/api/v1/forecasts", {"ticker": "AAPLE", "days": 30}),
    Call("not_found", "GET", "/api/v1/forecasts/00000000-0000-4000-8000-000000000000"),
    Call("watchlist", "POST", "/api/v1/watchlists", {"name": "Computers"}),
    Call("watchlist_stock", "PUT", "/api/v1/watchlists/{watchlist}/stocks/AAPL", {"days": 30, "chance_above": 450}),
    Call("watchlist_import", "POST", "/api/v1/watchlists/{watchlist}:import", {"csv": "ticker,days\nMSFT,90\n"}),
    Call("watchlist_order", "PATCH", "/api/v1/watchlists/{watchlist}", {"order": ["MSFT", "AAPL"]}),
    Call("watchlist_csv", "GET", "/api/v1/watchlists/{watchlist}?format=csv"),
    Call("watchlists", "GET", "/api/v1/watchlists"),
    Call("watchlist_delete", "DELETE", "/api/v1/watchlists/{watchlist}"),
    Call("channel", "POST", "/api/v1/channels", {"kind": "mail", "name": "Me", "to": "me@example.com"}),
    Call("alert", "POST", "/api/v1/alerts", _ALERT),
    Call("alert_events", "GET", "/api/v1/alert-events"),
    Call("alert_delete", "DELETE", "/api/v1/alerts/{alert}"),
    Call("request_batch", "POST", "/api/v1/batches", {"requests": _REQUESTS}),
    Call("request_batch_progress", "GET", "/api/v1/batches/{request_batch}", until="ended"),
    Call("patterns", "POST", "/api/v1/patterns", {"ticker": "AAPL", "patterns": [_CANDLES]}),
    Call(
        "wrong_pattern", "POST", "/api/v1/patterns", {"ticker": "AAPL", "patterns": [_CANDLES | {"candles": "G G X"}]}
    ),
    Call("evaluation", "POST", "/api/v1/evaluations", _EVALUATION, {"Prefer": "wait=30"}, "done"),
    Call("evaluation_models", "GET", "/api/v1/evaluations/models"),
    Call("unknown_model", "POST", "/api/v1/evaluations", {"ticker": "AAPL", "models": ["holt"]}),
    Call("ready", "GET", "/readyz"),
    Call("volume", "POST", f"/api/v1/forecasts?{_OF_VOLUME}", _AAPL | {"field": "volume", "history_days": 1000}),
)
