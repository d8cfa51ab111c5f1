"""The price CSVs in S3 as series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from common.domain.prices import CorruptPrices, PriceSeries
from common.s3.objects import DamagedObject, Description, PriceObjects, StoredFacts, WrittenMeanwhile, s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["PriceStore", "StoredFacts", "StoredSeries", "WrittenMeanwhile", "s3_client"]


@dataclass(frozen=True)
class StoredSeries:
    """A stored series and its facts."""

    facts: StoredFacts
    series: PriceSeries


class PriceStore:
    """One daily series a ticker. Methods raise :class:`Busy` where S3 cannot be reached or refuses."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self.objects = PriceObjects(client, bucket)

    def ping(self) -> None:
        """Find out whether the bucket is there."""
        self.objects.ping()

    def facts(self, ticker: str) -> StoredFacts | None:
        """The facts of a ticker's stored prices, or None where none are stored."""
        return self.objects.facts(ticker)

    def read(self, ticker: str) -> StoredSeries | None:
        """A ticker's stored prices, or None where none are stored.

        Raises:
            CorruptPrices: the body is not the one that the metadata speaks of, or no price CSV.
        """
        try:
            stored = self.objects.read(ticker)
        except DamagedObject as exc:
            raise CorruptPrices(str(exc)) from exc
        if stored is None:
            return None
        facts = stored.facts
        series = PriceSeries.from_csv(stored.body, ticker=ticker, source=facts.source, currency=facts.currency)
        return StoredSeries(facts, replace(series, dropped=facts.dropped, flags=facts.flags))

    def write(self, series: PriceSeries, *, fetched_at: datetime, replacing: StoredFacts | None) -> StoredFacts:
        """Store a series in the place of what was seen there (None: of nothing); return the facts of it.

        Raises:
            WrittenMeanwhile: the object is no longer the one that was seen.
        """
        return self.objects.write(series.ticker, series.to_csv(), described(series, fetched_at), replacing=replacing)

    def quarantine(self, series: PriceSeries, fetched_at: datetime) -> None:
        """Keep a series that contradicts the stored one under ``quarantine/``."""
        self.objects.quarantine(series.ticker, series.to_csv(), described(series, fetched_at))


def described(series: PriceSeries, fetched_at: datetime) -> Description:
    """What a list of tickers needs to know of a series."""
    closes = [float(close) for close in series.frame["close"].iloc[-2:]]
    return Description(
        source=series.source,
        currency=series.currency,
        fetched_at=fetched_at,
        rows=len(series),
        first=series.first,
        last=series.last,
        last_close=closes[-1],
        previous_close=closes[0] if len(closes) == 2 else None,
        dropped=series.dropped,
        flags=series.flags,
    )
