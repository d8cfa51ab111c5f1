"""Yahoo's daily prices, through yfinance: https://ranaroussi.github.io/yfinance. No key; for personal use.

yfinance keeps one session for the process and asks for cookies as it sees fit, each time with a time-out of its own.
So it gets a session in which every request, whatever for, keeps to the limits of the call that it belongs to.
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

from common.domain.errors import Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.download import CONNECT_TIMEOUT_S, MAX_BODY_BYTES, retry_after_s
from ingestion_service.providers.fetch.refusals import (
    currency,
    is_empty,
    no_table,
    nothing_for,
    over_quota,
    raise_for_status,
    understood,
)
from ingestion_service.providers.symbols import unknown_currency_flags, with_class_after

if TYPE_CHECKING:
    from yfinance.scrapers.history import PriceHistory

_CHART = "/v8/finance/chart/"
_CHART_BODY = b'{"chart"'
_QUOTA_FOR_S = 300
"""Yahoo answers 429 at will and says not for how long; those who come back at once get it again."""
_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adj_close",
    "Volume": "volume",
}


@dataclass
class _Call:
    """The limits of one call (where one of its requests timed out, the next would too), and the last status."""

    give_up: float
    timed_out: bool = False
    status: int = 0

    def timeouts_s(self) -> tuple[float, float]:
        """To connect, and from then on: curl adds them up."""
        left_s = self.give_up - time.monotonic()
        if left_s <= 0 or self.timed_out:
            raise ProviderUnavailable("Yahoo did not answer in time.")
        connect_s = min(CONNECT_TIMEOUT_S, left_s / 2)
        return connect_s, left_s - connect_s


_preparing = threading.Lock()
_call: ContextVar[_Call] = ContextVar("yahoo_call")


class Yahoo:
    """Daily prices without a key; Yahoo's closes are adjusted for splits already."""

    name = "yahoo"

    def __init__(self, *, url: str | None = None) -> None:
        """Args: url: what to ask in the place of every one of Yahoo's hosts."""
        self._url = url

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        symbol = built_symbol(ticker)
        with _limited(timeout_s):
            table, named = _fetched(self._url, symbol, ticker, since, timeout_s)
        return parsed(ticker, table, named)


def built_symbol(ticker: str) -> str:
    """Write a ticker as Yahoo does, with share classes behind a hyphen: BRK-B."""
    return with_class_after("-", ticker)


def parsed(ticker: str, table: pd.DataFrame, named: Any) -> PriceSeries:
    """Turn yfinance's table, indexed by midnights at the exchange, and the currency named with it into a series."""
    if table.empty:
        raise TooLittleData(f"Yahoo has no prices of {ticker} for the last years.")
    frame = understood("Yahoo", lambda: _frame(table))
    unit = currency("Yahoo", named)
    return PriceSeries(ticker, Yahoo.name, unit, frame, flags=unknown_currency_flags(unit))


def _frame(table: pd.DataFrame) -> pd.DataFrame:
    days = pd.DatetimeIndex(pd.DatetimeIndex(table.index).tz_localize(None), name="date").normalize()
    return table.rename(columns=_COLUMNS)[list(COLUMNS)].astype("float64").set_index(days)


def _fetched(url: str | None, symbol: str, ticker: str, since: date, timeout_s: float) -> tuple[pd.DataFrame, Any]:
    _prepare_library()
    from yfinance.exceptions import YFException, YFRateLimitError  # noqa: PLC0415 - half a second

    try:
        history = _history(url, symbol)
        table = history.history(start=since, auto_adjust=False, actions=False, timeout=timeout_s)
        return table, history.get_history_metadata().get("currency")
    except Failure:
        raise
    except YFRateLimitError as exc:
        raise over_quota("Yahoo", _QUOTA_FOR_S) from exc
    except YFException as exc:
        raise _failure(ticker, exc) from exc
    except Exception as exc:  # whatever an unexpected answer breaks in yfinance
        raise ProviderUnavailable("Yahoo could not be reached, or its answer has an unknown format.") from exc


def _history(url: str | None, symbol: str) -> PriceHistory:
    """Without a Ticker around it, which would ask for the time zone first: it is needed for the first day only."""
    from yfinance.data import YfData  # noqa: PLC0415 - as above
    from yfinance.scrapers.history import PriceHistory  # noqa: PLC0415 - as above

    with _preparing:
        session = _session(url)
    return PriceHistory(YfData(session=session), symbol, "America/New_York", session=session)


def _failure(ticker: str, error: Exception) -> Failure:
    from yfinance.exceptions import YFPricesMissingError  # noqa: PLC0415 - as above

    if isinstance(error, YFPricesMissingError) and _call.get().status == 200:
        return TooLittleData(f"Yahoo has no prices of {ticker}.")
    return ProviderUnavailable("Yahoo has no prices at the moment.")


def _prepare_library() -> None:
    """Import yfinance in one thread at a time: its modules import each other, and threads would wait in a circle."""
    with _preparing:
        _configured_library()


@functools.cache
def _configured_library() -> tempfile.TemporaryDirectory[str]:
    """Let yfinance raise what it would only log, and keep its cookies in a folder that ends with the process."""
    import yfinance  # noqa: PLC0415 - as above

    # It shows each use of what pandas will drop, on standard error, with every answer.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="yfinance")
    folder = tempfile.TemporaryDirectory(prefix="stockcast-yahoo-")
    yfinance.set_tz_cache_location(folder.name)
    yfinance.config.debug.hide_exceptions = False
    logging.getLogger("yfinance").setLevel(logging.ERROR)  # it warns of what it does without
    return folder


@contextmanager
def _limited(timeout_s: float) -> Iterator[None]:
    token = _call.set(_Call(time.monotonic() + timeout_s))
    try:
        yield
    finally:
        _call.reset(token)


@functools.cache
def _session(base_url: str | None) -> Any:
    """One session, for its cookies; curl's own limit on the body holds while it streams."""
    from curl_cffi import CurlOpt  # noqa: PLC0415 - as above
    from curl_cffi.requests import (  # noqa: PLC0415 - as above
        Response,
        Session,
        exceptions,
    )

    class LimitedSession(Session[Response]):
        def request(self, method: Any, url: str, **options: Any) -> Response:  # type: ignore[override]
            call, of_chart = _call.get(), urlsplit(url).path.startswith(_CHART)
            options |= {"timeout": call.timeouts_s(), "allow_redirects": False}
            try:
                response = super().request(method, _moved(url, base_url), **options)
            except exceptions.Timeout:
                call.timed_out = True
                raise
            except exceptions.ConnectionError as exc:
                if of_chart:
                    raise TransientFailure("Yahoo could not be reached.") from exc
                raise  # yfinance goes on without the cookies of a host that is not there
            call.status = response.status_code
            if of_chart:
                _raise_for_chart(response)
            return response

    return LimitedSession(impersonate="chrome", curl_options={CurlOpt.MAXFILESIZE: MAX_BODY_BYTES})


def _moved(url: str, base_url: str | None) -> str:
    if base_url is None:
        return url
    base, parts = urlsplit(base_url), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))


def _raise_for_chart(response: Any) -> None:
    """Take an answer for what it is: yfinance would ask again with other cookies, more than once.

    Only a 401 is left to it: it says that the cookies are too old.
    """
    wait_s = retry_after_s(response.headers.get("Retry-After"))
    if response.status_code == 429:
        raise over_quota("Yahoo", wait_s or _QUOTA_FOR_S)
    if response.status_code == 404 and response.content.startswith(_CHART_BODY):
        raise UnknownTicker("Yahoo has no such ticker.")
    if response.status_code in {400, 422} and response.content.startswith(_CHART_BODY):
        raise TooLittleData("Yahoo has no prices of this ticker in these years.")
    if response.status_code == 200 and is_empty(response.content):
        raise nothing_for("Yahoo", "this ticker")
    if response.status_code >= 500 or response.status_code in {400, 404, 422}:
        raise_for_status("Yahoo", response.status_code, wait_s)
    if response.status_code not in {200, 401}:
        raise ProviderUnavailable(f"Yahoo answered with status {response.status_code}.", retry_after_s=wait_s)
    if response.status_code == 200 and not response.content.startswith(_CHART_BODY):
        raise no_table("Yahoo")
