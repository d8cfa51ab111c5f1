"""Yahoo's daily prices, through yfinance: https://ranaroussi.github.io/yfinance. No key; for personal use.

yfinance keeps one session for the process and requests cookies at any time, each with its own time-out. This module
gives it a session whose every request keeps the limits of the call that it belongs to.
"""

from __future__ import annotations

import functools
import logging
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from common.domain.companies.shares import Split
from common.domain.errors import Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.markets.exchanges import exchange_of
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.download import CONNECT_TIMEOUT_S, MAX_BODY_BYTES, parse_retry_after
from ingestion_service.providers.fetch.refusals import (
    empty_answer_failure,
    is_empty,
    no_table_failure,
    parse_currency,
    quota_failure,
    raise_for_status,
    read_or_raise,
)
from ingestion_service.providers.symbols import flag_unknown_currency, format_share_class
from ingestion_service.splits import list_splits

if TYPE_CHECKING:
    from yfinance.scrapers.history import PriceHistory

_CHART = "/v8/finance/chart/"
_CHART_BODY = b'{"chart"'
_QUOTA_FOR_S = 300
"""Seconds to pause after a 429, for which Yahoo names no time: an early retry gets it again."""
_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adj_close",
    "Volume": "volume",
}

_SPLITS = "Stock Splits"


@dataclass
class _CallLimits:
    """The limits of one call, whether one of its requests timed out, and the status of the last response."""

    give_up: float
    timed_out: bool = False
    status: int = 0

    def timeouts_s(self) -> tuple[float, float]:
        """Return the seconds to connect and the seconds from then on; curl adds them up.

        Raises:
            ProviderUnavailable: no time is left, or an earlier request timed out, as the next one would.
        """
        left_s = self.give_up - time.monotonic()
        if left_s <= 0 or self.timed_out:
            raise ProviderUnavailable("Yahoo did not answer in time.")
        connect_s = min(CONNECT_TIMEOUT_S, left_s / 2)
        return connect_s, left_s - connect_s


_library_lock = threading.Lock()
_call: ContextVar[_CallLimits] = ContextVar("yahoo_call")


class Yahoo:
    """Daily prices without a key; Yahoo's closes are adjusted for splits already."""

    name = "yahoo"

    def __init__(self, *, url: str | None = None) -> None:
        """Args: url: the base address that replaces all of Yahoo's hosts; None for Yahoo itself."""
        self._url = url

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        symbol = build_symbol(ticker)
        with _limit_call(timeout_s):
            table, named = _fetch_table(self._url, symbol, ticker, since, timeout_s)
        return parse(ticker, table, named)


def build_symbol(ticker: str) -> str:
    """Return Yahoo's symbol of a ticker; share classes follow a hyphen, as in BRK-B."""
    return format_share_class("-", ticker)


def parse(ticker: str, table: pd.DataFrame, named: Any) -> PriceSeries:
    """Return yfinance's table as a series.

    Args:
        ticker: the ticker.
        table: daily rows, indexed by midnight in the exchange's time zone.
        named: the currency in Yahoo's metadata.
    """
    if table.empty:
        raise TooLittleData(f"Yahoo has no prices of {ticker} for the last years.")
    frame = read_or_raise("Yahoo", lambda: _build_frame(table))
    unit = parse_currency("Yahoo", named)
    splits = read_or_raise("Yahoo", lambda: _read_splits(table))
    return PriceSeries(ticker, Yahoo.name, unit, frame, flags=flag_unknown_currency(unit), splits=splits)


def _read_splits(table: pd.DataFrame) -> tuple[Split, ...] | None:
    """Return the splits in a column of their ratios, which are 0 on other days; None without the column."""
    if _SPLITS not in table:
        return None
    days = pd.DatetimeIndex(pd.DatetimeIndex(table.index).tz_localize(None)).normalize()
    return list_splits(pd.Series(table[_SPLITS].to_numpy(dtype="float64"), index=days))


def _build_frame(table: pd.DataFrame) -> pd.DataFrame:
    days = pd.DatetimeIndex(pd.DatetimeIndex(table.index).tz_localize(None), name="date").normalize()
    return table.rename(columns=_COLUMNS)[list(COLUMNS)].astype("float64").set_index(days)


def _fetch_table(url: str | None, symbol: str, ticker: str, since: date, timeout_s: float) -> tuple[pd.DataFrame, Any]:
    _prepare_library()
    from yfinance.exceptions import YFException, YFRateLimitError  # noqa: PLC0415 - half a second

    try:
        history = _make_history(url, symbol, exchange_of(ticker).time_zone)
        table = history.history(start=since, auto_adjust=False, actions=True, timeout=timeout_s)
        return table, history.get_history_metadata().get("currency")
    except Failure:
        raise
    except YFRateLimitError as exc:
        raise quota_failure("Yahoo", _QUOTA_FOR_S) from exc
    except YFException as exc:
        raise _classify_error(ticker, exc) from exc
    except Exception as exc:  # yfinance fails in many ways on unexpected responses
        raise ProviderUnavailable("Yahoo could not be reached, or its answer has an unknown format.") from exc


def _make_history(url: str | None, symbol: str, time_zone: str) -> PriceHistory:
    """Return yfinance's history without its Ticker, which would first request the time zone."""
    from yfinance.data import YfData  # noqa: PLC0415 - as above
    from yfinance.scrapers.history import PriceHistory  # noqa: PLC0415 - as above

    with _library_lock:
        session = _share_session(url)
    return PriceHistory(YfData(session=session), symbol, time_zone, session=session)


def _classify_error(ticker: str, error: Exception) -> Failure:
    from yfinance.exceptions import YFPricesMissingError  # noqa: PLC0415 - as above

    if isinstance(error, YFPricesMissingError) and _call.get().status == 200:
        return TooLittleData(f"Yahoo has no prices of {ticker}.")
    return ProviderUnavailable("Yahoo has no prices at the moment.")


def _prepare_library() -> None:
    """Import yfinance in one thread at a time: its modules import each other, which can deadlock threads."""
    with _library_lock:
        _configure_library()


@functools.cache
def _configure_library() -> tempfile.TemporaryDirectory[str]:
    """Make yfinance raise instead of log, and keep its cookies in a temporary folder; return the folder."""
    import yfinance  # noqa: PLC0415 - as above

    # Every response would write its pandas deprecations to standard error.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="yfinance")
    folder = tempfile.TemporaryDirectory(prefix="stockcast-yahoo-")
    yfinance.set_tz_cache_location(folder.name)
    yfinance.config.debug.hide_exceptions = False
    logging.getLogger("yfinance").setLevel(logging.ERROR)  # it warns of optional data
    return folder


@contextmanager
def _limit_call(timeout_s: float) -> Iterator[None]:
    token = _call.set(_CallLimits(time.monotonic() + timeout_s))
    try:
        yield
    finally:
        _call.reset(token)


@functools.cache
def _share_session(base_url: str | None) -> Any:
    """Return the session that all calls share, for its cookies; curl limits the body while it streams."""
    from curl_cffi import CurlOpt  # noqa: PLC0415 - as above
    from curl_cffi.requests import (  # noqa: PLC0415 - as above
        Response,
        Session,
        exceptions,
    )

    class LimitedSession(Session[Response]):
        def request(self, method: Any, url: str, **options: Any) -> Response:  # type: ignore[override]
            call, is_chart_request = _call.get(), urlsplit(url).path.startswith(_CHART)
            options |= {"timeout": call.timeouts_s(), "allow_redirects": False}
            try:
                response = super().request(method, _replace_host(url, base_url), **options)
            except exceptions.Timeout:
                call.timed_out = True
                raise
            except exceptions.ConnectionError as exc:
                if is_chart_request:
                    raise TransientFailure("Yahoo could not be reached.") from exc
                raise  # yfinance continues without the cookies of an unreachable host
            call.status = response.status_code
            if is_chart_request:
                _raise_for_chart(response)
            return response

    return LimitedSession(impersonate="chrome", curl_options={CurlOpt.MAXFILESIZE: MAX_BODY_BYTES})


def _replace_host(url: str, base_url: str | None) -> str:
    if base_url is None:
        return url
    base, parts = urlsplit(base_url), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))


def _raise_for_chart(response: Any) -> None:
    """Raise the failure in a response to a chart request, for which yfinance would retry with other cookies.

    Only a 401 is left to yfinance: it means that the cookies have expired.
    """
    wait_s = parse_retry_after(response.headers.get("Retry-After"))
    if response.status_code == 429:
        raise quota_failure("Yahoo", wait_s or _QUOTA_FOR_S)
    if response.status_code == 404 and response.content.startswith(_CHART_BODY):
        raise UnknownTicker("Yahoo has no such ticker.")
    if response.status_code in {400, 422} and response.content.startswith(_CHART_BODY):
        raise TooLittleData("Yahoo has no prices of this ticker in these years.")
    if response.status_code == 200 and is_empty(response.content):
        raise empty_answer_failure("Yahoo", "this ticker")
    if response.status_code >= 500 or response.status_code in {400, 404, 422}:
        raise_for_status("Yahoo", response.status_code, wait_s)
    if response.status_code not in {200, 401}:
        raise ProviderUnavailable(f"Yahoo answered with status {response.status_code}.", retry_after_s=wait_s)
    if response.status_code == 200 and not response.content.startswith(_CHART_BODY):
        raise no_table_failure("Yahoo")
