"""The tools: their names, descriptions, and the calls of the API that answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from common.domain.errors import Failure
from common.domain.markets.dates import exchange_day
from common.domain.questions import normalise_ticker
from common.domain.validation import explain_mistake
from webserver.mcp import texts
from webserver.mcp.arguments import (
    BacktestArguments,
    ChancesArguments,
    CompareArguments,
    ForecastArguments,
    MarketArguments,
    PatternsArguments,
    SearchArguments,
    TrackRecordArguments,
)
from webserver.mcp.own_api import ApiFailure, OwnApi
from webserver.mcp.protocol import Json, ToolResult

WAIT_S = 20
"""Seconds for which a tool waits for an analysis. Many programs give a tool a minute."""
_NO_PRICE = "Send a price as above, as touch, or both."
_NOT_STORED = "No prices of {ticker} are stored. Call forecast for it first, which fetches them."
_NO_PATTERN = "Send candles, or a fall or rise in percent as turnaround_pct."


def forecast(api: OwnApi, asked: ForecastArguments) -> str:
    """Forecast a stock."""
    return _of_forecast(api, asked.model_dump(), "forecast", texts.forecast_text)


def chances(api: OwnApi, asked: ChancesArguments) -> str:
    """Return the chances of prices."""
    if asked.above is None and asked.touch is None:
        raise ApiFailure(_NO_PRICE, "invalid_request")

    def text(body: Json) -> str:
        found = api.get(f"/api/v1/forecasts/{body['request_id']}/chances", above=asked.above, touch=asked.touch)
        return texts.chances_text(found, body)

    return _of_forecast(api, asked.model_dump(include={"ticker", "days"}), "chances", text)


def backtest(api: OwnApi, asked: BacktestArguments) -> str:
    """Return the backtest of a forecast."""
    return _of_forecast(api, asked.model_dump(), "backtest", texts.backtest_text)


def compare(api: OwnApi, asked: CompareArguments) -> str:
    """Compare models on a stock."""
    # With the id of an earlier call, the server returns the same request.
    body = asked.model_dump(include={"ticker", "days", "models", "request_id"})
    result = api.ask("/api/v1/evaluations", body, WAIT_S)
    if not _is_done(result):
        return texts.progress_text(result, "compare", takes_id=True)
    return texts.evaluation_text(result, exchange_day(datetime.now(UTC), result["ticker"]))


def patterns(api: OwnApi, asked: PatternsArguments) -> str:
    """Find a pattern in a stock."""
    if asked.candles:
        pattern: Json = {"type": "candles", "candles": asked.candles}
    elif asked.turnaround_pct:
        turn = "up" if asked.turnaround_pct > 0 else "down"
        pattern = {"type": "turnaround", "turn": turn, "percent": abs(asked.turnaround_pct)}
    else:
        raise ApiFailure(_NO_PATTERN, "invalid_request")
    body = {"ticker": asked.ticker, "patterns": [pattern], "request_id": asked.request_id}
    result = api.ask("/api/v1/patterns", body, WAIT_S)
    if not _is_done(result):
        return texts.progress_text(result, "patterns", takes_id=True)
    return texts.patterns_text(result, api.get(f"/api/v1/tickers/{normalise_ticker(asked.ticker)}"))


def market(api: OwnApi, asked: MarketArguments) -> str:
    """Return what is unusual about a stock, or stocks of the board."""
    if asked.ticker is not None:
        return _insights(api, normalise_ticker(asked.ticker))
    if not asked.filters and asked.sort is None:
        return texts.movers_text(api.get("/api/v1/market/movers", limit=5))
    return texts.board_text(
        api.get("/api/v1/market", filter=list(asked.filters) or None, sort=asked.sort, limit=asked.limit)
    )


def _insights(api: OwnApi, ticker: str) -> str:
    try:
        return texts.insights_text(api.get(f"/api/v1/insights/{ticker}"))
    except ApiFailure as failure:
        if failure.code != "not_found":
            raise
        raise ApiFailure(_NOT_STORED.format(ticker=ticker), failure.code) from failure


def track_record(api: OwnApi, asked: TrackRecordArguments) -> str:
    """Return how published forecasts came out."""
    return texts.track_record_text(api.get("/api/v1/track-record", **asked.model_dump()))


def search(api: OwnApi, asked: SearchArguments) -> str:
    """Return the tickers that match a text."""
    return texts.matches_text(api.get("/api/v1/tickers", q=asked.text))


def _of_forecast(api: OwnApi, body: Mapping[str, Any], tool: str, text: Callable[[Json], str]) -> str:
    result = api.ask("/api/v1/forecasts", body, WAIT_S, picture="false")
    return text(result) if _is_done(result) else texts.progress_text(result, tool, takes_id=False)


def _is_done(result: Json) -> bool:
    return result.get("status") == "done"


@dataclass(frozen=True)
class Tool:
    """A tool.

    Args:
        title: the name for people.
        description: what it does and when to use it, for the model.
        arguments: the model of its arguments.
        answer: calls the API and returns the text.
    """

    title: str
    description: str
    arguments: type[BaseModel]
    answer: Callable[[OwnApi, Any], str]


TOOLS: dict[str, Tool] = {
    "forecast": Tool(
        "Forecast a stock",
        "Forecast the price (or the open, high, low, volume) of a stock some days ahead: a range with its probability, "
        "the median, the chances of large moves, how such ranges held in the past, and the source of the prices. Takes "
        "a few seconds. Use chances for the probability of a certain price.",
        ForecastArguments,
        forecast,
    ),
    "chances": Tool(
        "Chances of a price",
        "Return the probability that a stock closes above a price on a day ahead (above), or that a close reaches a "
        "price on the way (touch). Use it for questions such as 'will it reach 200 by spring?'.",
        ChancesArguments,
        chances,
    ),
    "backtest": Tool(
        "Test past forecasts of a stock",
        "Return how the same forecasts would have come out in the past of a stock: how often its ranges held the "
        "price, the errors, and whether they beat the last price. Use it to judge how far a forecast can be trusted.",
        BacktestArguments,
        backtest,
    ),
    "compare": Tool(
        "Compare forecasting models",
        "Compare forecasting models on the past of one stock, with tests of significance. Takes up to a few minutes: "
        "if it is not finished, the answer says how to get the result.",
        CompareArguments,
        compare,
    ),
    "patterns": Tool(
        "Find a pattern",
        "Find a candlestick pattern or a turnaround in the daily prices of a stock, and compare what followed with "
        "what usually follows. May take a minute: if it is not finished, the answer says how to get the result.",
        PatternsArguments,
        patterns,
    ),
    "market": Tool(
        "Look at the market",
        "Return the most unusual moves of the last trading day, the stored stocks that meet filters, or what is "
        "unusual about one stock now (ticker).",
        MarketArguments,
        market,
    ),
    "track_record": Tool(
        "Track record",
        "Return how the forecasts that this server published came out: how often the ranges held, and the errors "
        "compared with those of the last price.",
        TrackRecordArguments,
        track_record,
    ),
    "search": Tool(
        "Search a ticker",
        "Return the tickers of companies, funds and indices by a part of their name. Use it first if you do not know "
        "the ticker.",
        SearchArguments,
        search,
    ),
}
"""The tools by name."""


def listed_tools() -> list[Json]:
    """Return the tools as ``tools/list`` describes them."""
    return [_listed(name, tool) for name, tool in TOOLS.items()]


def _listed(name: str, tool: Tool) -> Json:
    schema = tool.arguments.model_json_schema()
    for part in (schema, *schema["properties"].values()):
        part.pop("title", None)
    schema.pop("description", None)
    # A forecast is stored for an hour, which changes nothing that a person has. Prices come from other servers.
    annotations = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True}
    return {
        "name": name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": schema,
        "annotations": {"title": tool.title, **annotations},
    }


def call_tool(api: OwnApi, name: str, arguments: Mapping[str, Any]) -> ToolResult | None:
    """Return the result of a tool; None if there is no such tool. A failure is a sentence with its code."""
    tool = TOOLS.get(name)
    if tool is None:
        return None
    try:
        asked = tool.arguments.model_validate(arguments)
    except ValidationError as exc:
        mistake = explain_mistake(tool.arguments, exc)
        return ToolResult(f"{mistake.detail} ({mistake.code})", is_error=True)
    try:
        return ToolResult(tool.answer(api, asked))
    except (ApiFailure, Failure) as failure:
        return ToolResult(f"{failure.detail} ({failure.code})", is_error=True)
