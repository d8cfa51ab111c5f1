"""``python -m benchmarks.track_record.export_memory ADDRESS ROWS``: the peak memory of an export, in a new process."""

from __future__ import annotations

import resource
import subprocess
import sys

from benchmarks.track_record.queries import RECORD, make_client
from common.sql.database_urls import DatabaseUrl
from common.sql.store import SqlStore


def peak_mb(address: str, rows: int) -> float:
    """Return the peak resident memory, in MB, of a process that exports up to ``rows`` rows."""
    command = [sys.executable, "-m", "benchmarks.track_record.export_memory", address, str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Export, and print the peak memory."""
    address, rows = sys.argv[1], int(sys.argv[2])
    response = make_client(SqlStore(DatabaseUrl.parse(address))).get(f"{RECORD}/export", buffered=False)
    read = -1  # the line of names is no row
    for piece in response.iter_encoded():
        read += piece.count(b"\n")
        if read >= rows:
            break
    response.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
