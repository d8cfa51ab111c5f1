"""Whether a run would find anything new: the prices that the newest board was made of, beside the stored ones."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from common.s3.market_objects import BOARD, MarketDay, list_market_dates
from common.s3.objects import ListedTicker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3.client import S3Client

LISTING = "listing"
"""The object with the digest of the prices that were listed when the run of a date began."""


def note_listing(market: MarketDay, stored: Sequence[ListedTicker]) -> None:
    """Store the digest of the listed prices, unless an earlier run of the date has done so.

    Prices that are stored during a run may or may not be on its board. By the digest from its beginning they count as
    newer.

    Raises:
        Busy: S3 cannot be reached.
    """
    market.put_once(LISTING, _digest_of(stored))


def has_other_prices(market: MarketDay, stored: Sequence[ListedTicker]) -> bool:
    """Return whether other prices are stored than when the first run of the date began. Without a digest it is unknown.

    Raises:
        Busy: S3 cannot be reached.
    """
    listed = market.read(LISTING)
    return listed is not None and listed != _digest_of(stored)


def is_board_current(client: S3Client, bucket: str, stored: Sequence[ListedTicker]) -> bool | None:
    """Return whether the newest board was made of the stored prices; None if there is no board.

    Args:
        client: the S3 client.
        bucket: the bucket's name.
        stored: the stored tickers.

    Raises:
        Busy: S3 cannot be reached.
    """
    for day in reversed(list_market_dates(client, bucket)):
        market = MarketDay(client, bucket, day)
        if market.exists(BOARD):
            return market.read(LISTING) == _digest_of(stored)
    return None


def _digest_of(stored: Sequence[ListedTicker]) -> bytes:
    lines = sorted(f"{one.ticker} {one.etag} {one.stored_at.isoformat()}" for one in stored)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest().encode()
