"""``python -m local_stack.exports FILE``: write the track record into a file, in the environment of a stack.

./run_app.sh track-record export starts it so.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, get_args

from common.domain.errors import StoreUnavailable
from common.domain.track_record import Kind
from common.runtime.settings_loading import load_settings
from common.sql.repositories.ledger.queries import ForecastRow, Selection, read_forecasts
from common.sql.repositories.ledger.table import CSV_HEADER, csv_lines
from common.sql.settings import SqlSettings
from common.sql.store import SqlStore
from local_stack.exports.new_files import writing_new_file

DONE, FAILED, INTERRUPTED = 0, 2, 128 + signal.SIGINT
ROWS_AT_ONCE = 1000
Pages = Iterable[Sequence[ForecastRow]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; return the exit status: 2 if it could not be written, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.exports")
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=get_args(Kind))
    options = parser.parse_args(arguments)
    sql = SqlStore(load_settings(SqlSettings).sql_address())
    try:
        return _export(sql, options.file, options.kind)
    except StoreUnavailable as failure:
        print(f"error: {failure.detail}", file=sys.stderr)
    except OSError as failure:
        reason = failure.strerror or failure
        print(f"error: {options.file} cannot be written: {reason}. Check the folder and its space.", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        sql.close()
    return FAILED


def _export(sql: SqlStore, path: Path, kind: Kind | None) -> int:
    writer = _find_writer(path)
    if writer is None:
        print(f"error: {path.name} names no format. End it with .parquet or .csv.", file=sys.stderr)
        return FAILED
    counted = _Count()
    with writing_new_file(path) as file:
        writer(file, counted.of(read_pages(sql, kind)))
    print(f"{path} holds {counted.rows} forecasts.")
    return DONE


class _Count:
    """Counts the forecasts of pages."""

    def __init__(self) -> None:
        self.rows = 0

    def of(self, pages: Pages) -> Iterator[Sequence[ForecastRow]]:
        """Yield the pages, and count their forecasts."""
        for page in pages:
            self.rows += len(page)
            yield page


def _find_writer(path: Path) -> Callable[[BinaryIO, Pages], None] | None:
    if path.suffix.lower() == ".csv":
        return write_csv
    if path.suffix.lower() == ".parquet":
        from local_stack.exports.parquet import write_parquet  # noqa: PLC0415 - only this format needs pyarrow

        return write_parquet
    return None


def read_pages(sql: SqlStore, kind: Kind | None) -> Iterator[list[ForecastRow]]:
    """Yield the forecasts in pages, the oldest first: those of a kind, or of the whole record.

    Raises:
        StoreUnavailable: the SQL store cannot be used.
    """
    after = 0
    while rows := sql.read(partial(read_forecasts, selection=Selection(kind), most=ROWS_AT_ONCE, after=after)):
        yield rows
        after = rows[-1].number


def write_csv(file: BinaryIO, pages: Pages) -> None:
    """Write pages of forecasts, with the columns and values of the API's export."""
    file.write(CSV_HEADER)
    file.writelines(csv_lines(page) for page in pages)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
