"""``python -m benchmarks.track_record.export_memory ADDRESS ROWS FORMAT``: the peak memory of an export.

It runs in a process of its own. The format is ``api``, the CSV of the web server's route, or ``parquet``, the file that
``./run_app.sh track-record export`` writes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.ledger.queries import ForecastRow
from common.sql.store import SqlStore

FORMATS = ("api", "parquet")


def peak_mb(address: str, rows: int, format_: str) -> float:
    """Return the peak resident memory, in MB, of a process that exports up to ``rows`` rows."""
    command = [sys.executable, "-m", "benchmarks.track_record.export_memory", address, str(rows), format_]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Export, and print the peak memory."""
    address, rows, format_ = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    store = SqlStore(DatabaseUrl.parse(address))
    if format_ == "api":
        _read_csv(store, rows)
    else:
        _write_parquet(store, rows)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _read_csv(store: SqlStore, rows: int) -> None:
    from benchmarks.track_record.queries import RECORD, make_client  # noqa: PLC0415 - the other format loads no Flask

    response = make_client(store).get(f"{RECORD}/export", buffered=False)
    read = -1  # the line of names is no row
    for piece in response.iter_encoded():
        read += piece.count(b"\n")
        if read >= rows:
            break
    response.close()


def _write_parquet(store: SqlStore, rows: int) -> None:
    from local_stack.exports.__main__ import read_pages  # noqa: PLC0415 - see above
    from local_stack.exports.parquet import write_parquet  # noqa: PLC0415

    def pages() -> Iterator[list[ForecastRow]]:
        read = 0
        for page in read_pages(store, None):
            yield page
            read += len(page)
            if read >= rows:
                return

    with Path(os.devnull).open("wb") as file:
        write_parquet(file, pages())


if __name__ == "__main__":
    main()
