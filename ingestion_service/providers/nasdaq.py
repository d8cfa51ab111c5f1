"""Nasdaq Data Link's WIKI prices, through quandl: https://data.nasdaq.com/databases/WIKIP; they end on 2018-03-27.

quandl 3.7 fails in many ways: a response that is not JSON raises a bare ``QuandlError``, and an error without a code an
``UnboundLocalError``. It has no time-out, follows redirects, sleeps for the time of ``Retry-After``, and keeps its key
and address in a class that the whole process shares. This module works around all of that.
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
from common.runtime.version import USER_AGENT
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.download import CONNECT_TIMEOUT_S, append_within_limit, parse_retry_after
from ingestion_service.providers.fetch.refusals import no_table_failure, raise_for_status, read_or_raise
from ingestion_service.providers.fetch.tables import adjust_by_factors, build_table_from_rows
from ingestion_service.providers.fetch.uninterruptible_calls import run_within
from ingestion_service.providers.keys import validate_key
from ingestion_service.splits import list_splits

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
_configuration_lock = threading.Lock()


@dataclass(frozen=True)
class Table:
    """Rows of dates and numbers, and the names of their columns."""

    names: tuple[str, ...]
    rows: list[list[Any]]


class NasdaqDataLink:
    """Daily prices through quandl with the key in a header of each call."""

    name = "nasdaq"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raise ValueError if the key is malformed."""
        self._url = url.rstrip("/")
        self._api_key = validate_key("NASDAQ_DATA_LINK_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        code = build_code(ticker)
        fetch = functools.partial(_fetch_table, self._url, self._api_key, code, since, timeout_s)
        try:
            return parse(ticker, run_within(timeout_s, fetch))
        except TimeoutError as exc:
            raise ProviderUnavailable("The price source did not answer in time.") from exc


def build_code(ticker: str) -> str:
    """Return the code of a ticker's dataset; share classes follow an underscore, as in WIKI/BRK_B.

    Raises:
        UnknownTicker: the ticker has no code, as that of an index.
    """
    symbol = re.sub(r"[.-]", "_", ticker)
    if not _CODE.match(symbol):
        raise _unknown_ticker(ticker)
    return f"WIKI/{symbol}"


def parse(ticker: str, table: Table) -> PriceSeries:
    """Return quandl's table, whose closes are raw, as a series that is adjusted for splits."""
    if not table.rows:
        raise TooLittleData(f"Nasdaq Data Link has no prices of {ticker} for the last years.")
    frame = read_or_raise("Nasdaq Data Link", lambda: _build_frame(table))
    adjusted = adjust_by_factors("Nasdaq Data Link", "split_ratio", frame)
    return PriceSeries(
        ticker, NasdaqDataLink.name, "USD", adjusted[list(COLUMNS)], splits=list_splits(frame["split_ratio"])
    )


def _build_frame(table: Table) -> pd.DataFrame:
    names = [_COLUMNS.get(name, name) for name in table.names]
    return build_table_from_rows(names, table.rows, "Date", tuple(_COLUMNS.values()))


def _fetch_table(url: str, api_key: str, code: str, since: date, timeout_s: float) -> Table:
    quandl = _configure_library(url)
    from requests.exceptions import ConnectionError as Unconnected  # noqa: PLC0415 - quandl has imported it by now
    from requests.exceptions import ConnectTimeout  # noqa: PLC0415 - as above

    # quandl never closes its sessions, and the hook passes the body on unchanged, so it must be uncompressed.
    options = {
        "params": {"start_date": since.isoformat()},
        "headers": {
            "x-api-token": api_key,
            "connection": "close",
            "accept-encoding": "identity",
            "user-agent": USER_AGENT,
        },
        "timeout": (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
        "allow_redirects": False,
        "stream": True,
        "hooks": {"response": _make_bounded_reader(timeout_s)},
    }
    try:
        data = quandl.Dataset(code).data(**options)
        return Table(tuple(data.column_names), data.to_list())  # its to_pandas needs an older pandas
    except Failure:
        raise
    except quandl.QuandlError as exc:
        failure = _classify_error(code, exc)
    except ConnectTimeout:
        failure = ProviderUnavailable("The price source did not answer in time.")
    except Unconnected:
        failure = TransientFailure("The price source could not be reached.")
    except Exception:  # noqa: BLE001 - any other exception is an unreadable response
        failure = ProviderUnavailable("Nasdaq Data Link could not be reached, or its answer has an unknown format.")
    # Raised here, it has neither cause nor context, whose text may quote the key.
    raise failure


def _configure_library(url: str) -> Any:
    """Return quandl with its process-wide settings: the address, no key, and no retries."""
    with _configuration_lock:
        import quandl  # noqa: PLC0415 - half a second, only with a key

        quandl.ApiConfig.api_base = url
        quandl.ApiConfig.api_key = None
        quandl.ApiConfig.use_retries = False
    return quandl


def _make_bounded_reader(timeout_s: float) -> Callable[..., None]:
    """Return a hook that reads a body within a time and a size limit, and passes it on as a new stream."""
    give_up = time.monotonic() + timeout_s

    def read(response: requests.Response, **_: Any) -> None:
        with contextlib.closing(response):
            if response.status_code != 404:  # here, because quandl loses status and headers of unknown responses
                wait_s = parse_retry_after(response.headers.get("Retry-After"))
                raise_for_status("Nasdaq Data Link", response.status_code, wait_s)
            body = _read_limited_body(response.raw, give_up)
        response.raw = io.BytesIO(body)

    return read


def _read_limited_body(raw: Any, give_up: float) -> bytes:
    body = bytearray()
    # read1 returns what has arrived; read would wait for the whole amount.
    while chunk := raw.read1(65_536):
        append_within_limit(body, chunk)
        if time.monotonic() > give_up:
            raise ProviderUnavailable("The price source did not answer in time.")
    return bytes(body)


def _classify_error(code: str, error: Any) -> Failure:
    """Return the failure for an exception of quandl: an unknown code, or a response that is not JSON."""
    if error.http_status == 404 and error.quandl_error_code:
        return _unknown_ticker(code.removeprefix("WIKI/"))
    return no_table_failure("Nasdaq Data Link")


def _unknown_ticker(ticker: str) -> UnknownTicker:
    return UnknownTicker(f"Nasdaq Data Link has no ticker {ticker}.")
