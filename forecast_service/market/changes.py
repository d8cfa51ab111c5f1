"""Whether a run would find anything new: the newest board beside the stored prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.s3.market_objects import BOARD, MarketDay, list_market_dates
from common.s3.objects import ListedTicker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3.client import S3Client


def is_board_current(client: S3Client, bucket: str, stored: Sequence[ListedTicker]) -> bool | None:
    """Return whether all prices were stored before the newest board; None if there is no board.

    S3 states times in whole seconds. Prices of the board's own second may be newer, and count as newer.

    Args:
        client: the S3 client.
        bucket: the bucket's name.
        stored: the stored tickers.

    Raises:
        Busy: S3 cannot be reached.
    """
    for day in reversed(list_market_dates(client, bucket)):
        made = MarketDay(client, bucket, day).stored_at(BOARD)
        if made is not None:
            return all(one.stored_at < made for one in stored)
    return None
