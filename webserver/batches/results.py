"""A batch's answer with its finished forecasts inside, as JSON or CSV, written ticker by ticker."""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.errors import Failure, InvalidRequest
from common.domain.questions import checked
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from common.runtime.gzipping import LEVEL
from webserver.forecasts.field_selection import FIELDS, FieldNames, Flag, Representation, field_paths, names_in
from webserver.forecasts.serializers import selected
from webserver.http.compression import takes_gzip
from webserver.http.cooperative_work import in_pieces
from webserver.schemas import BatchEntry, BatchProgress

CSV = "text/csv; charset=utf-8; header=present"
_COLUMNS = {
    "days": "days",
    "target_date": "target_date",
    "predicted_price": "predicted_price",
    "currency": "currency",
    "level": "interval.level",
    "lower": "interval.lower",
    "upper": "interval.upper",
    "as_of": "as_of",
    "last_close": "last_close",
    "mae_pct": "backtest.mae_pct",
    "naive_mae_pct": "backtest.naive_mae_pct",
    "coverage": "backtest.coverage",
    "source": "data.source",
    "stale": "data.stale",
    "calibration": "backtest.calibration",
    "flags": "data.flags",
}
"""The columns of a CSV without ``fields``, as the command line has them, and where each value is in a forecast."""
_OF_ENTRY = ("ticker", "status", "request_id", "code")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

ReadResult = Callable[[Record], Result]


class BatchResultsQuery(BaseModel):
    """Whether a batch's answer has its finished forecasts inside, which part of them, and in which form."""

    model_config = ConfigDict(frozen=True, strict=True)

    results: Flag = Field(default=False, description="`true` adds each finished forecast as `result`.")
    picture: Flag = Field(default=False, description="`true` adds the chart of each forecast (`plot_png_base64`).")
    fields: FieldNames | None = FIELDS
    format: Literal["json", "csv"] | None = Field(
        default=None,
        description="`csv` returns one row for each ticker, with its result. `Accept: text/csv` has the same effect.",
    )


@dataclass(frozen=True)
class ResultsWanted:
    """Which part of the results, and in which form; ``columns`` are those of a CSV."""

    representation: Representation
    columns: dict[str, str] | None


def results_wanted() -> ResultsWanted | None:
    """Read what the present request wants of a batch's results; None where it wants only the progress.

    Raises:
        InvalidRequest: a parameter is wrong, two contradict each other, or a field fits no column of a CSV.
    """
    query = checked(BatchResultsQuery, request.args.to_dict())
    _refuse_contradictions(query)
    form = query.format or ("csv" if _prefers_csv() else "json")
    if form == "csv":
        names = None if query.fields is None else names_in(query.fields)
        return ResultsWanted(Representation(picture=False), _COLUMNS if names is None else _columns(names))
    if not (query.results or query.picture or query.fields is not None):
        return None
    return ResultsWanted(Representation.of(query.picture, query.fields), None)


def with_results(
    progress: BatchProgress, records: Iterable[Record | None], read: ReadResult, wanted: ResultsWanted
) -> Response:
    """Answer with a batch's progress and results; ``records`` are in the order of the entries."""
    pairs = list(zip(progress.forecasts, records, strict=True))
    if wanted.columns is not None:
        parts, kind = _csv_parts(pairs, read, wanted.columns), CSV
    else:
        parts, kind = _json_parts(progress, pairs, read, wanted.representation), "application/json"
    response = Response(_compressed(parts) if takes_gzip() else parts, content_type=kind)
    if takes_gzip():
        response.headers["Content-Encoding"] = "gzip"
    if wanted.columns is not None:
        response.headers.set("Content-Disposition", "attachment", filename=f"batch-{progress.batch_id}.csv")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response


def _refuse_contradictions(query: BatchResultsQuery) -> None:
    csv_asked_for = ["format=csv"] if query.format == "csv" else []
    if query.format is None and _prefers_csv():
        csv_asked_for = ["Accept: text/csv"]
    if csv_asked_for and query.picture:
        raise _contradiction("picture=true", csv_asked_for[0], "A CSV contains no charts.")
    if "results" not in query.model_fields_set or query.results:
        return
    pictures = ["picture=true"] if query.picture else []
    fields = [] if query.fields is None else ["fields"]
    for other in (*csv_asked_for, *pictures, *fields):
        raise _contradiction("results=false", other, f"{other} requests results.")


def _contradiction(one: str, other: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{one} and {other} cannot be combined. {reason} Leave one of them out.")


def _prefers_csv() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"


def _columns(names: Iterable[str]) -> dict[str, str]:
    """Return the columns of the named fields; an object has a column for each of its plain fields."""
    columns: list[str] = []
    kinds = field_paths()
    for name in names:
        inner = [path for path in kinds if path.startswith(f"{name}.") and kinds[path]]
        if not kinds[name] and not inner:
            raise InvalidRequest(f"{name} cannot be a CSV column. Leave it out, or request JSON.")
        columns += [name] if kinds[name] else inner
    return {column: column for column in columns if column not in _OF_ENTRY}


def _json_parts(
    progress: BatchProgress, pairs: list[tuple[BatchEntry, Record | None]], read: ReadResult, wanted: Representation
) -> Iterator[bytes]:
    yield progress.model_dump_json(exclude={"forecasts"}).encode()[:-1] + b',"forecasts":['
    for number, (entry, record) in enumerate(in_pieces(pairs)):
        told, result = _read(entry, record, read)
        body = b"null" if result is None else selected(result, wanted)
        yield (b"," if number else b"") + told.model_dump_json().encode()[:-1] + b',"result":' + body + b"}"
    yield b"]}"


def _csv_parts(
    pairs: list[tuple[BatchEntry, Record | None]], read: ReadResult, columns: dict[str, str]
) -> Iterator[bytes]:
    yield _row([*_OF_ENTRY, *columns])
    for entry, record in in_pieces(pairs):
        told, result = _read(entry, record, read)
        forecast = {} if result is None else json.loads(result.body)
        values = [getattr(told, name) for name in _OF_ENTRY]
        yield _row([*values, *(_at(forecast, path) for path in columns.values())])


def _read(entry: BatchEntry, record: Record | None, read: ReadResult) -> tuple[BatchEntry, Result | None]:
    """Return the result of an entry that is done; the entry has the reason where it cannot be read."""
    if record is None or record.status != "done":
        return entry, None
    try:
        return entry, read(record)
    except Failure as failure:
        return entry.model_copy(update={"code": failure.code, "detail": failure.detail}), None


def _at(forecast: dict[str, Any], path: str) -> Any:
    value: Any = forecast
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _row(values: Iterable[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(_cell, values))
    return line.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a value as spreadsheets read it; text that would be a formula begins with an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _compressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(LEVEL, wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        yield compressor.compress(part)
    yield compressor.flush()
