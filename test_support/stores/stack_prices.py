"""The stored prices of a stack that ``./run_app.sh`` started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import boto3

from common.domain.questions import Interval
from common.s3.objects import PriceObjects, SeriesDescription
from ingestion_service.intraday.bars import NEW_YORK_TIME, Bar, to_csv

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def price_objects_of(environment: Mapping[str, str]) -> PriceObjects:
    """Return the objects of a stack's bucket, given the environment of its services."""
    return PriceObjects(s3_client_of(environment), environment["S3_BUCKET"])


def s3_client_of(environment: Mapping[str, str]) -> S3Client:
    """Return a client of a stack's S3, given the environment of its services."""
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )


def bars_of_day(day: date, length: timedelta, *, opening: float = 430.0, hours: float = 6.5) -> list[Bar]:
    """Return the bars of a session in New York whose prices rise and fall."""
    begin = datetime.combine(day, time(9, 30), NEW_YORK_TIME)
    bars: list[Bar] = []
    close = opening
    while (at := begin + len(bars) * length) < begin + timedelta(hours=hours):
        open_, close = close, round(close + (1.5, -0.75, 0.5, -1.0)[len(bars) % 4], 2)
        high, low = max(open_, close) + 0.4, min(open_, close) - 0.3
        bars.append(Bar(at, open_, round(high, 2), round(low, 2), close, 1_000_000.0 + 1000 * len(bars)))
    return bars


def store_bars(
    objects: PriceObjects, ticker: str, interval: Interval, bars: list[Bar], *, flags: tuple[str, ...] = ()
) -> None:
    """Store prices within the day in the place of those that are stored."""
    first, last = bars[0].time.date(), bars[-1].time.date()
    source = "twelvedata" if interval == "1h" else "alphavantage"
    description = SeriesDescription(
        source, "USD", datetime.now(UTC), len(bars), first, last, bars[-1].close, bars[-2].close, flags=flags
    )
    objects.write(ticker, to_csv(bars), description, replacing=objects.read_facts(ticker, interval), interval=interval)
