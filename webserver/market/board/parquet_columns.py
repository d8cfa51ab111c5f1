"""Prints the columns of a Parquet file as lines of JSON: a program of its own, which imports nothing of the project.

The web server starts it for each new board. So pyarrow takes no memory there, its import stops no request, and a
damaged file that would end a process ends this one.

Standard input is the file. The first line of the output is an object with the file's metadata and its number of rows,
each further line an object with ``name``, ``kind`` and ``values`` of a column. Columns of other kinds are left out.
"""

import contextlib
import json
import math
import os
import signal
import sys

import pyarrow as pa
import pyarrow.parquet as pq

LONGEST_S = 60
MOST_ROWS = 250_000
KINDS = (
    ("number", pa.types.is_floating),
    ("integer", pa.types.is_integer),
    ("boolean", pa.types.is_boolean),
    ("date", pa.types.is_date),
    ("text", pa.types.is_string),
    ("text", pa.types.is_large_string),
)


def main() -> None:
    """Read, sort by ticker, and print."""
    signal.alarm(LONGEST_S)
    with contextlib.suppress(OSError):
        os.nice(10)  # requests come first
    file = pq.ParquetFile(pa.BufferReader(sys.stdin.buffer.read()))
    if file.metadata.num_rows > MOST_ROWS:
        sys.exit(f"the file has {file.metadata.num_rows} rows")
    table = file.read(use_threads=False)
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    print_line({"metadata": metadata, "rows": table.num_rows})
    if "ticker" in table.column_names:
        table = table.sort_by("ticker")
    for field in table.schema:
        kind = next((name for name, is_kind in KINDS if is_kind(field.type)), None)
        if kind is not None:
            values = [plain(value) for value in table[field.name].to_pylist()]
            print_line({"name": field.name, "kind": kind, "values": values})


def plain(value: object) -> object:
    """Return a value as JSON has it: a date as text, and null for what is no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else value.isoformat()  # type: ignore[attr-defined]


def print_line(content: object) -> None:
    """Print an object as a line."""
    sys.stdout.write(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
