"""The track record as Parquet, with the type of each column. Only this module imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet as pq

from common.sql.repositories.ledger.queries import ForecastRow
from common.sql.repositories.ledger.table import COLUMNS, table_row

ROWS_OF_GROUP = 10_000
"""The rows that memory holds, about 3 kB each, and that a reader reads at once."""
_TYPES: dict[type, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
}
_ALWAYS = {"number", "hash", "chain_hash", "made_at", "recorded_at", "content"}
"""The columns without nulls. A content that was damaged by hand has no values for the others."""
SCHEMA = pa.schema(
    [
        *(pa.field(name, _TYPES[type_], nullable=name not in _ALWAYS) for name, type_ in COLUMNS.items()),
        pa.field("quantiles", pa.list_(pa.float64())),
    ]
)
_WITH_STATISTICS = [
    *("number", "made_at", "recorded_at", "kind", "ticker", "days", "model", "as_of", "target_date", "status"),
]
"""The columns by which readers skip row groups."""


_REPEATED = ["kind", "ticker", "model", "engine", "source", "status"]
"""The texts that a row group stores once and numbers. The others differ from row to row."""


def write_parquet(file: BinaryIO, pages: Iterable[Sequence[ForecastRow]]) -> None:
    """Write pages of forecasts. Memory holds one row group."""
    options = {"compression": "zstd", "use_dictionary": _REPEATED, "write_statistics": _WITH_STATISTICS}
    with pq.ParquetWriter(file, SCHEMA, **options) as writer:
        group: list[pa.RecordBatch] = []
        for page in pages:
            group.append(pa.RecordBatch.from_pylist([table_row(row) for row in page], schema=SCHEMA))
            if sum(batch.num_rows for batch in group) >= ROWS_OF_GROUP:
                _write_group(writer, group)
                group = []
        if group:
            _write_group(writer, group)


def _write_group(writer: pq.ParquetWriter, batches: list[pa.RecordBatch]) -> None:
    table = pa.Table.from_batches(batches)
    writer.write_table(table, row_group_size=table.num_rows)
