"""The cost of a month. The prices are assumptions, near those of large clouds in 2026: change them to yours."""

from __future__ import annotations

USD_A_CORE_HOUR = 0.035
USD_A_GB_MONTH_OF_MEMORY = 3.3
USD_A_GB_MONTH_OF_S3 = 0.023
USD_A_GB_SENT = 0.05
HOURS_A_MONTH = 730
TRADING_DAYS_A_MONTH = 21


def cost_of_month(*, cores: float, memory_gb: float, s3_gb: float, sent_gb: float) -> float:
    """Return the US dollars of a month in which cores and memory are rented all the time. No price source is in it."""
    return (
        cores * HOURS_A_MONTH * USD_A_CORE_HOUR
        + memory_gb * USD_A_GB_MONTH_OF_MEMORY
        + s3_gb * USD_A_GB_MONTH_OF_S3
        + sent_gb * USD_A_GB_SENT
    )
