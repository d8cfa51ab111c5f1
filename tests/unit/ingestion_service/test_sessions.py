from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

from ingestion_service.prices.sessions import last_settled_day


def test_concurrent_threads_get_the_last_day_without_a_warning():
    threads = 16
    all_at_once = Barrier(threads)

    def asked(number):
        all_at_once.wait()
        return last_settled_day(datetime(2019, 3, 6, 22, tzinfo=UTC) + timedelta(days=7 * number), every_day=False)

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(asked, range(threads))) == [
            date(2019, 3, 6) + timedelta(days=7 * n) for n in range(threads)
        ]
