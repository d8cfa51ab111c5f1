"""Providers of intraday prices: Alpha Vantage (every five minutes, by month) and Twelve Data (hourly).

https://www.alphavantage.co/documentation/#intraday and https://twelvedata.com/docs#time-series
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from common.domain.errors import ProviderUnavailable, TooLittleData
from common.domain.markets.currencies import UNKNOWN_CURRENCY
from common.domain.questions import Interval
from common.domain.source_names import display_name
from common.redis.provider_limits import ProviderLimits, account_name
from common.redis.rate_windows import Window
from ingestion_service.intraday.bars import NEW_YORK_TIME, Bar, have_contradictory_closes, parse_bar
from ingestion_service.providers import alphavantage, twelvedata
from ingestion_service.providers.access.guard import FREE_BUDGETS, MINUTE, Guard
from ingestion_service.providers.access.key_rotation import GuardedKeys, KeyTurns
from ingestion_service.providers.base import NothingUsable
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import no_table_failure
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import format_share_class, infer_listing_currency
from ingestion_service.settings import IngestionSettings

T = TypeVar("T")
MONTHS = 12
MOST_WAITS = 3
"""The most waits for a new budget: other tickers may use it as well."""
TICKER_S = 300.0
"""The most seconds of all calls for one ticker, waits included."""
CALL_S = 20.0
"""The most seconds of one call: a month of five-minute prices is slow."""
_EMPTY_MONTHS = 1
"""The newest month may still be empty. If the month before is empty too, the provider has no prices."""
_AV_HEADER = ["timestamp", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class FetchedBars:
    """The bars of a provider, their currency, and the number of months that could not be fetched.

    ``reason`` is a sentence on why months are missing.
    """

    bars: Sequence[Bar]
    currency: str
    missing: int = 0
    reason: str = ""


class IntradayProvider(Protocol):
    """A provider of intraday prices of the last year."""

    @property
    def name(self) -> str:
        """The provider's name: the value of ``source`` in stored metadata and in responses."""
        ...

    @property
    def interval(self) -> Interval:
        """The time between two prices."""
        ...

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Return all bars to store, unchecked: the stored ones with newer ones, or a new history.

        Args:
            ticker: the ticker.
            stored: the stored bars.
            now: the current time (aware).

        Raises:
            Failure: the provider returned nothing new.
        """
        ...


class AlphaVantageMonths:
    """Five-minute prices of regular hours, one call for each month, as far back as the budget of calls allows."""

    name = "alphavantage"
    interval: Interval = "5min"

    def __init__(self, *, url: str, keys: GuardedKeys, pause: Callable[[float], object] = time.sleep) -> None:
        """Args: pause: sleeps for a number of seconds."""
        self._pause = pause
        self._url = url.rstrip("/")
        self._keys = keys

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Fetch the months that are not stored and the newest stored one, newest first.

        When the budget is used up, the result has the months so far, and the next run fetches the others. If the newest
        month contradicts the stored one, all months are fetched again.
        """
        give_up = time.monotonic() + TICKER_S
        stored_months = _group_by_month(stored)
        newest = max(stored_months, default="")
        bars: list[Bar] = []
        refetch_all, empty_months, missing, reason = False, 0, 0, ""
        for month in list_months(now.astimezone(NEW_YORK_TIME).date()):
            if month in stored_months and month != newest:
                bars += stored_months[month]
                continue
            if reason:
                missing += 1
                continue
            try:
                fetched = self._wait_for_month(ticker, month, give_up, refetch_all=refetch_all)
            except (TooLittleData, NothingUsable):
                empty_months += 1
                if not bars and empty_months > _EMPTY_MONTHS:
                    raise  # each month costs one of the few calls of a day
                continue
            except ProviderUnavailable as failure:
                if refetch_all or not bars or (newest and month >= newest):
                    raise  # there would be a gap before the stored bars
                missing, reason = 1, failure.detail
                continue
            if have_contradictory_closes(stored_months.get(month, ()), fetched):
                stored_months, refetch_all = {}, True
            bars += fetched
        return FetchedBars(bars, infer_listing_currency(ticker), missing=missing, reason=reason)

    def _wait_for_month(self, ticker: str, month: str, give_up: float, *, refetch_all: bool) -> list[Bar]:
        """Return a month; if all months are fetched again, wait for a new budget."""

        def fetch_month() -> list[Bar]:
            return self._fetch_month(ticker, month, give_up)

        return ask_within_budget(fetch_month, give_up, self._pause) if refetch_all else fetch_month()

    def _fetch_month(self, ticker: str, month: str, give_up: float) -> list[Bar]:
        def query(key: str) -> Query:
            return Query(
                f"{self._url}/query",
                {
                    "function": "TIME_SERIES_INTRADAY",
                    "symbol": format_share_class("-", ticker),
                    "interval": self.interval,
                    "month": month,
                    "extended_hours": "false",
                    "outputsize": "full",
                    "datatype": "csv",
                },
                secret_params={"apikey": key},
            )

        left_s = min(CALL_S, give_up - time.monotonic())
        if left_s <= 0:
            raise ProviderUnavailable(f"There was no time left to ask {display_name(self.name)} for every month.")
        return self._keys.ask(lambda key, left_s: parse_month(ticker, download(query(key), timeout_s=left_s)), left_s)


def ask_within_budget(ask: Callable[[], T], give_up: float, pause: Callable[[float], object]) -> T:
    """Return the result of ``ask``; after a refusal that ends within a minute, ask again at its end.

    Args:
        ask: makes a call.
        give_up: no wait ends after this time (monotonic seconds).
        pause: sleeps for a number of seconds.
    """
    for _ in range(MOST_WAITS):
        try:
            return ask()
        except ProviderUnavailable as failure:
            wait_s = failure.retry_after_s
            if not wait_s or wait_s > MINUTE or time.monotonic() + wait_s >= give_up:
                raise
        pause(wait_s)
    return ask()


def list_months(today: date) -> list[str]:
    """Return twelve months such as ``2024-11``, newest first, up to that of ``today``, the day in New York."""
    last = today.year * 12 + today.month - 1
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(last, last - MONTHS, -1)]


def _group_by_month(bars: Sequence[Bar]) -> dict[str, list[Bar]]:
    months: dict[str, list[Bar]] = {}
    for bar in bars:
        months.setdefault(bar.time.strftime("%Y-%m"), []).append(bar)
    return months


def parse_month(ticker: str, answer: HttpResponse) -> list[Bar]:
    """Parse the response for a month.

    Raises:
        Failure: the response contains no bars.
    """
    if answer.status == 200 and answer.body.strip() == b"{}":
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} of this month.")
    alphavantage.raise_for_answer(ticker, answer)
    try:
        header, *rows = csv.reader(answer.body.decode().splitlines())
        bars = [parse_bar(moment, numbers) for moment, *numbers in rows]
    except ValueError as exc:
        raise no_table_failure("Alpha Vantage") from exc
    if header != _AV_HEADER:
        raise no_table_failure("Alpha Vantage")
    if not bars:
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} of this month.")
    return bars


class TwelveDataHours:
    """Hourly prices of a year in one call."""

    name = "twelvedata"
    interval: Interval = "1h"

    def __init__(self, *, url: str, keys: GuardedKeys, pause: Callable[[float], object] = time.sleep) -> None:
        """Args: pause: sleeps for a number of seconds."""
        self._pause = pause
        self._url = url.rstrip("/")
        self._keys = keys

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Fetch the whole year in one call, so that all bars have one adjustment, and missed hours are filled.

        Fifty stocks take several minutes with a free key, so the call waits for the budget of the next minute.
        """

        def query(key: str) -> Query:
            return Query(
                f"{self._url}/time_series",
                {
                    "symbol": format_share_class(".", ticker),
                    "interval": self.interval,
                    "start_date": (now.date() - timedelta(days=366)).isoformat(),
                    "outputsize": "5000",
                    "order": "ASC",
                    "adjust": "splits",
                    "timezone": NEW_YORK_TIME.key,
                },
                secret_headers={"Authorization": f"apikey {key}"},
            )

        def ask() -> FetchedBars:
            return self._keys.ask(
                lambda key, left_s: parse_hours(ticker, download(query(key), timeout_s=left_s)), CALL_S
            )

        return ask_within_budget(ask, time.monotonic() + TICKER_S, self._pause)


def parse_hours(ticker: str, answer: HttpResponse) -> FetchedBars:
    """Parse a response.

    Raises:
        Failure: the response contains no bars.
    """
    payload = twelvedata.read_payload(ticker, answer)
    currency = twelvedata.read_currency(payload)
    if currency not in {"USD", UNKNOWN_CURRENCY}:
        raise ProviderUnavailable(f"Twelve Data has no hourly prices of {ticker} in US dollars.")
    values = payload.get("values")
    try:
        bars = [
            parse_bar(
                value["datetime"], [*(value[name] for name in ("open", "high", "low", "close")), _read_volume(value)]
            )
            for value in values or ()
        ]
    except (ValueError, KeyError, TypeError) as exc:
        raise no_table_failure("Twelve Data") from exc
    if not bars:
        raise TooLittleData(f"Twelve Data has no hourly prices of {ticker}.")
    return FetchedBars(bars, currency)


def _read_volume(value: dict[str, str]) -> str:
    return value.get("volume") or "0"


def build_intraday_providers(
    settings: IngestionSettings, limits: ProviderLimits, pause: Callable[[float], object] = time.sleep
) -> dict[Interval, IntradayProvider]:
    """Build the provider of each interval whose key is set; nothing connects yet.

    Args:
        settings: the service's settings.
        limits: the budgets and circuits.
        pause: waits for a number of seconds until a budget is renewed, or less if the program ends.

    Raises:
        ValueError: a key is malformed. The text does not contain it.
    """
    built: dict[Interval, IntradayProvider] = {}
    for kind in (AlphaVantageMonths, TwelveDataHours):
        access = settings.access[kind.name]
        if access.keys is None:
            continue
        keys = [validate_key(access.setting, key.strip()) for key in access.keys.get_secret_value().split(",")]
        budget = leave_for_requests(settings.provider_budgets.get(kind.name, FREE_BUDGETS[kind.name]))
        guards = {key: Guard(kind.name, limits, account_name(kind.name, key), budget, kind.interval) for key in keys}
        built[kind.interval] = kind(url=access.url, keys=GuardedKeys(guards, KeyTurns(kind.name, limits)), pause=pause)
    return built


def leave_for_requests(budget: tuple[Window, ...]) -> tuple[Window, ...]:
    """Return the part of a budget for prices within the day: three quarters of each minute's calls.

    A run takes minutes. Meanwhile, forecasts that people ask for may need daily prices by the same keys.
    """
    return tuple(
        Window(max(window.calls * 3 // 4, 1), window.seconds) if window.seconds == MINUTE else window
        for window in budget
    )
