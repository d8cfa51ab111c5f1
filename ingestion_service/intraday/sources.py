"""Sources of prices within the day: Alpha Vantage by the month, every five minutes, and Twelve Data by the hour.

https://www.alphavantage.co/documentation/#intraday and https://twelvedata.com/docs#time-series
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from common.domain.currencies import UNKNOWN_CURRENCY
from common.domain.errors import ProviderUnavailable, TooLittleData
from common.domain.questions import Interval
from common.domain.source_names import display_name
from common.redis.source_limits import Limits, account_of
from ingestion_service.intraday.bars import Bar, contradict, read_bar
from ingestion_service.providers import alphavantage, twelvedata
from ingestion_service.providers.access.guard import FREE_BUDGETS, MINUTE, Guard
from ingestion_service.providers.access.key_rotation import GuardedKeys
from ingestion_service.providers.base import NothingUsable
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import no_table
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.symbols import listing_currency, with_class_after
from ingestion_service.settings import IngestionSettings

MONTHS = 12
MOST_WAITS = 3
"""Other tickers may use the same budget."""
TICKER_S = 300.0
"""For all calls for one ticker, with their waiting time."""
CALL_S = 20.0
"""A month of five-minute prices comes slowly."""
_EMPTY_MONTHS = 1
"""The newest month may still be empty. If the month before it is empty too, the source has no prices."""
_AV_HEADER = ["timestamp", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class FetchedBars:
    """The bars that a source returned, their currency, and the number of months that are missing.

    A month is missing where the source returned nothing or was not asked. ``reason`` is a sentence on the cause.
    """

    bars: Sequence[Bar]
    currency: str
    missing: int = 0
    reason: str = ""


class IntradaySource(Protocol):
    """A source of the last year's prices within the day."""

    @property
    def name(self) -> str:
        """The word for the source in stored metadata and in answers."""
        ...

    @property
    def interval(self) -> Interval:
        """The time between two of its prices."""
        ...

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Return all bars to store, not yet checked: the stored ones with new ones, or all fetched anew.

        Raises:
            Failure: the source returned nothing new.
        """
        ...


class AlphaVantageMonths:
    """Five-minute prices of regular hours, one call a month; a run goes as far back as the budget of calls allows."""

    name = "alphavantage"
    interval: Interval = "5min"

    def __init__(self, *, url: str, keys: GuardedKeys, pause: Callable[[float], None] = time.sleep) -> None:
        """``pause`` sleeps for a number of seconds."""
        self._pause = pause
        self._url = url.rstrip("/")
        self._keys = keys

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Ask for the months that are not stored and for the newest that is, newest first.

        Where the budget ends, the months fetched so far are returned, and the next run fetches the rest. Where the
        newest month contradicts the stored one, all months are fetched anew, or none.
        """
        give_up = time.monotonic() + TICKER_S
        kept = _by_month(stored)
        newest = max(kept, default="")
        bars: list[Bar] = []
        anew, empty, missing, reason = False, 0, 0, ""
        for month in months_back(now.date()):
            if month in kept and month != newest:
                bars += kept[month]
                continue
            if reason:
                missing += 1
                continue
            try:
                fetched = self._awaited_month(ticker, month, give_up, anew=anew)
            except (TooLittleData, NothingUsable):
                empty += 1
                if not bars and empty > _EMPTY_MONTHS:
                    raise  # each month costs a call of the day's few
                continue
            except ProviderUnavailable as failure:
                if anew or not bars or (newest and month >= newest):
                    raise  # the stored bars would follow after a gap
                missing, reason = 1, failure.detail
                continue
            if contradict(kept.get(month, ()), fetched):
                kept, anew = {}, True
            bars += fetched
        return FetchedBars(bars, listing_currency(ticker), missing=missing, reason=reason)

    def _awaited_month(self, ticker: str, month: str, give_up: float, *, anew: bool) -> list[Bar]:
        """Return a month. Wait for a new budget only where all months are fetched anew."""
        for _ in range(MOST_WAITS if anew else 0):
            try:
                return self._month(ticker, month, give_up)
            except ProviderUnavailable as failure:
                wait_s = failure.retry_after_s
                if not wait_s or wait_s > MINUTE or time.monotonic() + wait_s >= give_up:
                    raise
                self._pause(wait_s)
        return self._month(ticker, month, give_up)

    def _month(self, ticker: str, month: str, give_up: float) -> list[Bar]:
        def query(key: str) -> Query:
            return Query(
                f"{self._url}/query",
                {
                    "function": "TIME_SERIES_INTRADAY",
                    "symbol": with_class_after("-", ticker),
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
        return self._keys.ask(lambda key, left_s: parsed_month(ticker, download(query(key), timeout_s=left_s)), left_s)


def months_back(today: date) -> list[str]:
    """This month and the eleven before it, newest first."""
    last = today.year * 12 + today.month - 1
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(last, last - MONTHS, -1)]


def _by_month(bars: Sequence[Bar]) -> dict[str, list[Bar]]:
    months: dict[str, list[Bar]] = {}
    for bar in bars:
        months.setdefault(bar.time.strftime("%Y-%m"), []).append(bar)
    return months


def parsed_month(ticker: str, answer: HttpResponse) -> list[Bar]:
    """Turn a month's answer into bars, or into the failure that it stands for."""
    if answer.status == 200 and answer.body.strip() == b"{}":
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} of this month.")
    alphavantage.raise_for_answer(ticker, answer)
    try:
        header, *rows = csv.reader(answer.body.decode().splitlines())
        bars = [read_bar(moment, numbers) for moment, *numbers in rows]
    except ValueError as exc:
        raise no_table("Alpha Vantage") from exc
    if header != _AV_HEADER:
        raise no_table("Alpha Vantage")
    if not bars:
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} of this month.")
    return bars


class TwelveDataHours:
    """Hourly prices of a year in one call."""

    name = "twelvedata"
    interval: Interval = "1h"

    def __init__(self, *, url: str, keys: GuardedKeys) -> None:
        self._url = url.rstrip("/")
        self._keys = keys

    def fetch(self, ticker: str, stored: Sequence[Bar], now: datetime) -> FetchedBars:
        """Fetch the whole year: one call, with one adjustment."""

        def query(key: str) -> Query:
            return Query(
                f"{self._url}/time_series",
                {
                    "symbol": with_class_after(".", ticker),
                    "interval": self.interval,
                    "start_date": (now.date() - timedelta(days=366)).isoformat(),
                    "outputsize": "5000",
                    "order": "ASC",
                    "adjust": "splits",
                    "timezone": "America/New_York",
                },
                secret_headers={"Authorization": f"apikey {key}"},
            )

        return self._keys.ask(lambda key, left_s: parsed_hours(ticker, download(query(key), timeout_s=left_s)), CALL_S)


def parsed_hours(ticker: str, answer: HttpResponse) -> FetchedBars:
    """Turn an answer into bars, or into the failure that it stands for."""
    said = twelvedata.answered(ticker, answer)
    currency = twelvedata.currency_in(said)
    if currency not in {"USD", UNKNOWN_CURRENCY}:
        raise ProviderUnavailable(f"Twelve Data has no hourly prices of {ticker} in US dollars.")
    values = said.get("values")
    try:
        bars = [
            read_bar(value["datetime"], [*(value[name] for name in ("open", "high", "low", "close")), _volume(value)])
            for value in values or ()
        ]
    except (ValueError, KeyError, TypeError) as exc:
        raise no_table("Twelve Data") from exc
    if not bars:
        raise TooLittleData(f"Twelve Data has no hourly prices of {ticker}.")
    return FetchedBars(bars, currency)


def _volume(value: dict[str, str]) -> str:
    return value.get("volume") or "0"


def built_intraday(settings: IngestionSettings, limits: Limits) -> dict[Interval, IntradaySource]:
    """Build the source of each interval whose key is set; nothing connects yet.

    Raises:
        ValueError: a key cannot be one; the text does not quote it.
    """
    built: dict[Interval, IntradaySource] = {}
    for kind in (AlphaVantageMonths, TwelveDataHours):
        access = settings.access[kind.name]
        if access.keys is None:
            continue
        keys = [usable_key(access.setting, key.strip()) for key in access.keys.get_secret_value().split(",")]
        budget = settings.provider_budgets.get(kind.name, FREE_BUDGETS[kind.name])
        guards = {key: Guard(kind.name, limits, account_of(kind.name, key), budget, kind.interval) for key in keys}
        built[kind.interval] = kind(url=access.url, keys=GuardedKeys(guards))
    return built
