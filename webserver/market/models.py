"""The JSON and the query parameters of the board."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from webserver.http.request_parsing import whole_number

MOST_ROWS = 500
MOST_LISTED = 100
MOST_FILTERS = 20
MOST_TICKERS = 500


class MarketQuery(BaseModel):
    """The query parameters of the board."""

    model_config = ConfigDict(frozen=True, strict=True)

    filter: tuple[str, ...] = Field(
        default=(),
        max_length=MOST_FILTERS,
        description="A column, an operator (`>`, `>=`, `<`, `<=`, `=`, `!=`, or `~` for a part of a text) and a value, "
        "such as `volatility_percentile>90`. `abs(change_pct)>5` compares the magnitude, `sector=Energy|Technology` "
        "several values, `code=null` unknown ones. Repeat the parameter for several filters, which all have to be met.",
    )
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Only stocks whose ticker begins with this text or whose name contains it.",
    )
    tickers: str | None = Field(
        default=None, max_length=3500, description=f"Only these stocks, up to {MOST_TICKERS}, separated by commas."
    )
    sort: str = Field(
        default="ticker",
        max_length=80,
        description="The column of the order. A `-` before it means descending, `-abs(change_pct)` by magnitude. "
        "Unknown values come last.",
    )
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS), BeforeValidator(whole_number)] | None = Field(
        default=None, description="The most rows of a page, 50 by default. A CSV has all rows by default."
    )
    cursor: str | None = Field(
        default=None, description="`next_cursor` of the page before, with the same filters and order."
    )
    format: Literal["json", "csv"] | None = Field(
        default=None, description="`csv` returns all selected rows. `Accept: text/csv` has the same effect."
    )


class MoversQuery(BaseModel):
    """The query parameters of the movers."""

    model_config = ConfigDict(frozen=True, strict=True)

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), BeforeValidator(whole_number)] = Field(
        default=10, description="The most rows of each list."
    )


class BoardRow(BaseModel):
    """A stock of the board.

    It also has the columns of each horizon, which end with its trading days, such as `range_pct_21d`.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    ticker: str
    name: str | None = Field(description="The company's name. Null where it is unknown.")
    sector: str | None = Field(description="The company's sector. Null where it is unknown.")
    code: str | None = Field(description="Why there is no forecast. Null if there is one.")
    detail: str | None = Field(description="The same in words.")
    source: str | None = Field(description="The source of the prices.")
    currency: str | None = Field(description="The unit of the prices.")
    prices_version: str | None = Field(description="The version of the stored prices.")
    rows: int | None = Field(description="The number of stored days.")
    as_of: dt.date | None = Field(description="The newest day with a close.")
    stale: bool | None = Field(description="Whether that day is more than a week before the date of the board.")
    last_close: float | None = Field(description="The newest close.")
    change_pct: float | None = Field(description="The change from the close before, in percent.")
    usual_move_pct: float | None = Field(
        description="The standard deviation of a daily move, as known before the last close, in percent."
    )
    usual_moves: float | None = Field(description="The size of the last move in usual moves, without a sign.")
    day_range_lower: float | None = Field(
        description="The lower end of the range that held the last close with a probability of 95 %, as known before."
    )
    day_range_upper: float | None = Field(description="Its upper end.")
    day_range_broken: str | None = Field(
        description="`above` or `below` if the last close is outside of the range. Null if it is inside."
    )
    volatility_pct: float | None = Field(description="The present volatility of a year, in percent.")
    volatility_percentile: float | None = Field(description="The percentage of past days with a lower volatility.")
    record_forecasts: int | None = Field(
        description="The number of live forecasts of 15 to 60 calendar days that came due. Null if there is none."
    )
    record_coverage_80: float | None = Field(
        description="The fraction of their closes inside the range of 80 %. Null below 20 forecasts."
    )


class _BoardHead(BaseModel):
    date: dt.date = Field(description="The date of the dataset.")
    as_of: dt.date | None = Field(description="The newest day with a close, of most stocks.")
    horizons: list[int] = Field(description="The horizons of the forecasts, in trading days.")
    engine: str = Field(description="The engine that made the forecasts.")
    sources: list[str] = Field(description="The sources of the prices. `sample` alone: these are the bundled prices.")
    total: int = Field(description="The number of stocks of the board.")
    recorded: int = Field(description="The number of those with a track record.")


_HEAD: dict[str, Any] = {
    "date": "2026-11-27",
    "as_of": "2026-11-27",
    "horizons": [21],
    "engine": "7",
    "sources": ["tiingo"],
    "total": 8000,
    "recorded": 412,
}
_ROW: dict[str, Any] = {
    "ticker": "AAPL",
    "name": "Apple",
    "sector": "Technology",
    "code": None,
    "detail": None,
    "source": "tiingo",
    "currency": "USD",
    "prices_version": "9f86d081884c7d65",
    "rows": 2520,
    "as_of": "2026-11-27",
    "stale": False,
    "last_close": 271.4,
    "change_pct": 3.1,
    "usual_move_pct": 1.2,
    "usual_moves": 2.54,
    "day_range_lower": 257.1,
    "day_range_upper": 269.6,
    "day_range_broken": "above",
    "volatility_pct": 21.5,
    "volatility_percentile": 64.2,
    "range_pct_21d": 15.4,
    "record_forecasts": 41,
    "record_coverage_80": 0.7805,
    "chance_up_21d": 0.55,
}


class BoardPage(_BoardHead):
    """A page of the board's rows."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{**_HEAD, "matching": 412, "rows": [_ROW], "next_cursor": "WyI4ZjMxIiwyLjU0XQ"}]
        },
    )

    matching: int = Field(description="The number of stocks that the question selects on all pages.")
    rows: list[BoardRow] = Field(description="The stocks of this page.")
    next_cursor: str | None = Field(description="The cursor of the next page. Null on the last one.")


class SectorMoves(BaseModel):
    """The last moves of a sector's stocks."""

    model_config = ConfigDict(frozen=True)

    sector: str = Field(description="The sector.")
    stocks: int = Field(description="The number of its stocks with a move.")
    rising: int = Field(description="The number of those with a positive change.")
    falling: int = Field(description="The number of those with a negative change.")
    median_usual_moves: float = Field(
        description="The median of their moves in usual ones, where a fall counts as negative."
    )
    rows: list[BoardRow] = Field(description="The twelve stocks with the largest moves.")


_OF_SECTOR: dict[str, Any] = {
    "sector": "Technology",
    "stocks": 15,
    "rising": 9,
    "falling": 6,
    "median_usual_moves": 0.4,
    "rows": [_ROW],
}


class MarketMovers(_BoardHead):
    """Lists of the most remarkable stocks. Where fresh prices are stored, only their stocks count."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    **_HEAD,
                    "up": [_ROW],
                    **{name: [] for name in ("down", "nervous", "calm", "widest", "narrowest")},
                    "broken": [_ROW],
                    "broken_total": 391,
                    "expected_broken": 400.0,
                    "sectors": [_OF_SECTOR],
                }
            ]
        },
    )

    up: list[BoardRow] = Field(description="The largest rises, in usual moves.")
    down: list[BoardRow] = Field(description="The largest falls, in usual moves.")
    broken: list[BoardRow] = Field(description="The closes outside of their day's range, the largest move first.")
    nervous: list[BoardRow] = Field(description="The highest volatility compared with the stock's own past.")
    calm: list[BoardRow] = Field(description="The lowest volatility compared with the stock's own past.")
    widest: list[BoardRow] = Field(
        description="The widest ranges in percent, over the shortest horizon of at least 21 trading days."
    )
    narrowest: list[BoardRow] = Field(description="The narrowest ranges over the same horizon.")
    broken_total: int = Field(description="The number of all closes outside of their day's range.")
    expected_broken: float = Field(description="How many of them are usual: 5 % of the stocks with a range.")
    sectors: list[SectorMoves] = Field(description="The sectors by name. Empty where no sector is known.")
