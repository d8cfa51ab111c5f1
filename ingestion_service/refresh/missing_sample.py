"""What is missing of the sample, found without pandas: a local stack looks at each of its starts."""

from __future__ import annotations

from common.s3.objects import PriceObjects
from ingestion_service.providers.sample_names import SAMPLE, TICKERS


def find_missing_sample(objects: PriceObjects) -> list[str]:
    """Return the sample's tickers that are not stored; none if prices of another source are stored.

    Raises:
        Busy: S3 cannot be reached.
    """
    stored = set(objects.list_tickers())
    if not stored <= set(TICKERS):
        return []
    facts = [objects.read_facts(ticker) for ticker in stored]
    return [] if any(found and found.source != SAMPLE for found in facts) else sorted(set(TICKERS) - stored)
