"""The daily prices in S3 as series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from common.domain.prices import CorruptPrices, PriceSeries
from common.s3.objects import DamagedObject, ObjectChanged, PriceObjects, SeriesDescription, StoredFacts, make_s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["ObjectChanged", "PriceStore", "StoredFacts", "StoredSeries", "make_s3_client"]


@dataclass(frozen=True)
class StoredSeries:
    """A stored series and its metadata."""

    facts: StoredFacts
    series: PriceSeries


class PriceStore:
    """One daily series for each ticker. Methods raise :class:`Busy` if S3 cannot be reached or refuses."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self.objects = PriceObjects(client, bucket)

    def ping(self) -> None:
        """Check that the bucket exists and can be reached."""
        self.objects.ping()

    def read_facts(self, ticker: str) -> StoredFacts | None:
        """Return the metadata of a ticker's stored prices; None if none are stored."""
        return self.objects.read_facts(ticker)

    def read(self, ticker: str) -> StoredSeries | None:
        """Return a ticker's stored prices; None if none are stored.

        Raises:
            CorruptPrices: the body does not match its metadata, or is not a price CSV.
        """
        try:
            stored = self.objects.read(ticker)
        except DamagedObject as exc:
            raise CorruptPrices(str(exc)) from exc
        if stored is None:
            return None
        facts = stored.facts
        series = PriceSeries.from_csv(stored.body, ticker=ticker, source=facts.source, currency=facts.currency)
        return StoredSeries(facts, replace(series, dropped=facts.dropped, flags=facts.flags, splits=facts.splits))

    def write(self, series: PriceSeries, *, fetched_at: datetime, replacing: StoredFacts | None) -> StoredFacts:
        """Store a series if the stored one is still the expected one; return its metadata.

        Args:
            series: the series.
            fetched_at: when the provider returned it (aware).
            replacing: the metadata of the series that is replaced; None if none is expected.

        Raises:
            ObjectChanged: another series is stored, or the expected one was removed.
        """
        return self.objects.write(
            series.ticker, series.to_csv(), describe_series(series, fetched_at), replacing=replacing
        )

    def quarantine(self, series: PriceSeries, fetched_at: datetime) -> None:
        """Store a series that contradicts the stored one under ``quarantine/``."""
        self.objects.quarantine(series.ticker, series.to_csv(), describe_series(series, fetched_at))


def describe_series(series: PriceSeries, fetched_at: datetime) -> SeriesDescription:
    """Return the metadata of a series."""
    closes = [float(close) for close in series.frame["close"].iloc[-2:]]
    return SeriesDescription(
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
        splits=series.splits,
    )
