"""Nasdaq Data Link's WIKI prices, through quandl: https://data.nasdaq.com/databases/WIKIP; they end on 2018-03-27.

quandl 3.7 fails in many ways (an answer that is no JSON gives a bare ``QuandlError``, an error without a code of its
own an ``UnboundLocalError``), has no time-out, follows redirects, sleeps for as long as ``Retry-After`` says, and
keeps its key and address in a class that the whole process shares. All of that is contained here.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from common.domain.errors import Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.download import CONNECT_TIMEOUT_S, add_within_limit, retry_after_s
from ingestion_service.providers.fetch.patience import done_within
from ingestion_service.providers.fetch.refusals import no_table, raise_for_status, understood
from ingestion_service.providers.fetch.tables import adjusted_by, table_of_rows
from ingestion_service.providers.keys import usable_key

if TYPE_CHECKING:
    import requests

DEFAULT_URL = "https://data.nasdaq.com/api/v3"
_CODE = re.compile(r"\A[A-Z0-9_]+\Z")
_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj. Close": "adj_close",
    "Volume": "volume",
    "Split Ratio": "split_ratio",
}
_configuring = threading.Lock()


@dataclass(frozen=True)
class Table:
    """Rows of dates and numbers, and the names of their columns."""

    names: tuple[str, ...]
    rows: list[list[Any]]


class NasdaqDataLink:
    """Daily prices through quandl with a key, which travels in a header of each call."""

    name = "nasdaq"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raises ValueError for a key that cannot be one."""
        self._url = url.rstrip("/")
        self._api_key = usable_key("NASDAQ_DATA_LINK_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        code = built_code(ticker)
        fetch = functools.partial(_fetched, self._url, self._api_key, code, since, timeout_s)
        try:
            return parsed(ticker, done_within(timeout_s, fetch))
        except TimeoutError as exc:
            raise ProviderUnavailable("The price source did not answer in time.") from exc


def built_code(ticker: str) -> str:
    """The code of a ticker's dataset, in which share classes stand behind an underscore: WIKI/BRK_B.

    Raises:
        UnknownTicker: no code can be made of the ticker, such as an index's.
    """
    symbol = re.sub(r"[.-]", "_", ticker)
    if not _CODE.match(symbol):
        raise _unknown(ticker)
    return f"WIKI/{symbol}"


def parsed(ticker: str, table: Table) -> PriceSeries:
    """Turn quandl's table, whose closes are raw, into a series adjusted for splits."""
    if not table.rows:
        raise TooLittleData(f"Nasdaq Data Link has no prices of {ticker} for the last years.")
    frame = understood("Nasdaq Data Link", lambda: _frame(table))
    adjusted = adjusted_by("Nasdaq Data Link", "split_ratio", frame)
    return PriceSeries(ticker, NasdaqDataLink.name, "USD", adjusted[list(COLUMNS)])


def _frame(table: Table) -> pd.DataFrame:
    names = [_COLUMNS.get(name, name) for name in table.names]
    return table_of_rows(names, table.rows, "Date", tuple(_COLUMNS.values()))


def _fetched(url: str, api_key: str, code: str, since: date, timeout_s: float) -> Table:
    quandl = _configured_library(url)
    from requests.exceptions import ConnectionError as Unconnected  # noqa: PLC0415 - quandl has imported it by now
    from requests.exceptions import ConnectTimeout  # noqa: PLC0415 - as above

    # Its sessions are never closed, and the hook hands on what arrives, so that it must come uncompressed.
    options = {
        "params": {"start_date": since.isoformat()},
        "headers": {"x-api-token": api_key, "connection": "close", "accept-encoding": "identity"},
        "timeout": (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
        "allow_redirects": False,
        "stream": True,
        "hooks": {"response": _bounded_reader(timeout_s)},
    }
    try:
        data = quandl.Dataset(code).data(**options)
        return Table(tuple(data.column_names), data.to_list())  # its own to_pandas is of another pandas' time
    except Failure:
        raise
    except quandl.QuandlError as exc:
        failure = _failure(code, exc)
    except ConnectTimeout:
        failure = ProviderUnavailable("The price source did not answer in time.")
    except Unconnected:
        failure = TransientFailure("The price source could not be reached.")
    except Exception:  # noqa: BLE001 - whatever quandl stumbles over was no answer
        failure = ProviderUnavailable("Nasdaq Data Link could not be reached, or its answer has an unknown format.")
    # Out here it has neither cause nor context: their text is the source's, which may quote what it was asked with.
    raise failure


def _configured_library(url: str) -> Any:
    """quandl, with what it shares in the process set: its address, no key, and no tries of its own."""
    with _configuring:
        import quandl  # noqa: PLC0415 - half a second that only those pay who have a key

        quandl.ApiConfig.api_base = url
        quandl.ApiConfig.api_key = None
        quandl.ApiConfig.use_retries = False
    return quandl


def _bounded_reader(timeout_s: float) -> Callable[..., None]:
    """A hook that reads a body within a time and a size, and hands it on as if it had just come."""
    give_up = time.monotonic() + timeout_s

    def read(response: requests.Response, **_: Any) -> None:
        with contextlib.closing(response):
            if response.status_code != 404:  # here, as quandl loses status and headers of what is not in its own form
                wait_s = retry_after_s(response.headers.get("Retry-After"))
                raise_for_status("Nasdaq Data Link", response.status_code, wait_s)
            body = _limited_body(response.raw, give_up)
        response.raw = io.BytesIO(body)

    return read


def _limited_body(raw: Any, give_up: float) -> bytes:
    body = bytearray()
    # What has arrived and no more: reading a fixed amount would wait for it past the limit.
    while chunk := raw.read1(65_536):
        add_within_limit(body, chunk)
        if time.monotonic() > give_up:
            raise ProviderUnavailable("The price source did not answer in time.")
    return bytes(body)


def _failure(code: str, error: Any) -> Failure:
    """The failure behind one of quandl's: an unknown code, or no JSON; the class is often only the base of them all."""
    if error.http_status == 404 and error.quandl_error_code:
        return _unknown(code.removeprefix("WIKI/"))
    return no_table("Nasdaq Data Link")


def _unknown(ticker: str) -> UnknownTicker:
    return UnknownTicker(f"Nasdaq Data Link has no ticker {ticker}.")
