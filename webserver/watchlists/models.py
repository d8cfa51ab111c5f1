"""The bodies of requests and responses about watchlists."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.questions import DEFAULT_LEVEL, Days, Level, Model, Ticker
from common.sql.repositories.watchlists import MOST_ITEMS
from webserver.http.request_parsing import MAX_IMPORT_BYTES

EXAMPLE_ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
_LONGEST_NAME = 80
_LONGEST_NOTE = 500


def _strip(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


Name = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_NAME, description="The name of the list. No two lists have the same."),
    BeforeValidator(_strip),
]
Note = Annotated[str, Field(max_length=_LONGEST_NOTE, description="Your note about the stock.")]
Price = Annotated[float, Field(gt=0, lt=1e15, allow_inf_nan=False)]
_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid")


class WatchlistRequest(BaseModel):
    """The body that creates a list."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"name": "Energy"}]})

    name: Name


class WatchlistChange(BaseModel):
    """The body that renames a list or puts its stocks in another order."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"order": ["XOM", "AAPL"]}]})

    name: Name | None = Field(default=None, description="The new name of the list.")
    order: list[Ticker] | None = Field(
        default=None, max_length=MOST_ITEMS, description="The stocks to put first, in this order."
    )


class WatchedQuestion(BaseModel):
    """The body that adds a stock to a list: the question of its forecast, a note, a price of interest."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"days": 30, "chance_above": 450.0}]})

    days: Days = 30
    level: Level = DEFAULT_LEVEL
    model: Model = "blend"
    note: Note = ""
    chance_above: Price | None = Field(
        default=None, description="A price. The list shows the probability of a close above it on the target date."
    )


class WatchlistImport(BaseModel):
    """The body that imports stocks from a CSV."""

    model_config = ConfigDict(
        **_STRICT, json_schema_extra={"examples": [{"csv": "ticker,days,note\nAAPL,30,\nXOM,90,dividend\n"}]}
    )

    csv: str = Field(
        max_length=MAX_IMPORT_BYTES,
        description="The text of a CSV with a header. Only the column `ticker` is necessary; the others are `days`, "
        "`level`, `model`, `note` and `chance_above`.",
    )


class LatestClose(BaseModel):
    """The latest close of a stock, and how unusual its last move was."""

    model_config = ConfigDict(frozen=True)

    currency: str
    last: date
    last_close: float
    change_pct: float | None = Field(description="The change to the close before, in percent.")
    usual_moves: float | None = Field(
        description="The size of the last daily move in units of the stock's usual one. Null for a short history."
    )


class WatchedStock(BaseModel):
    """A stock of a list."""

    model_config = ConfigDict(frozen=True)

    ticker: str
    days: int
    level: float = Field(description="The level of the forecast's interval.")
    model: Model
    note: str = Field(description="Your note about the stock.")
    chance_above: float | None = Field(description="The price whose probability the list shows. Null for none.")
    latest: LatestClose | None = Field(description="The latest close. Null where no prices are stored.")


class WatchlistSummary(BaseModel):
    """A list without the closes of its stocks."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the list, a UUID.")
    name: str = Field(description="The name of the list.")
    url: str = Field(description="The address of the list.")
    tickers: list[str] = Field(description="The stocks of the list, in order.")


_A_LIST: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "name": "Energy",
    "url": f"/api/v1/watchlists/{EXAMPLE_ID}",
    "stocks": [
        {
            "ticker": "AAPL",
            "days": 30,
            "level": 0.8,
            "model": "blend",
            "note": "",
            "chance_above": 450.0,
            "latest": {
                "currency": "USD",
                "last": "2013-03-01",
                "last_close": 430.47,
                "change_pct": -2.4762,
                "usual_moves": 1.2,
            },
        }
    ],
}


class WatchlistDetail(BaseModel):
    """A list with its stocks and their latest closes."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_A_LIST]})

    id: str = Field(description="The id of the list, a UUID.")
    name: str = Field(description="The name of the list.")
    url: str = Field(description="The address of the list.")
    stocks: list[WatchedStock] = Field(description="The stocks in order.")


class Watchlists(BaseModel):
    """The lists of an account."""

    model_config = ConfigDict(frozen=True)

    watchlists: list[WatchlistSummary] = Field(description="The lists in order.")
