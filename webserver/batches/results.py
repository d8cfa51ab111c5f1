"""The response with a batch's results, as JSON or CSV, written request by request."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.errors import Failure, InvalidRequest
from common.domain.kinds import FORECAST
from common.domain.questions import validate_as
from common.domain.results import QUANTILE_NAMES
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.batches.progress import AnyEntry, AnyProgress, entries_of
from webserver.batches.questions import BatchItem
from webserver.forecasts.field_selection import FIELDS, FieldNames, Flag, Representation, field_paths, names_in
from webserver.forecasts.serializers import selected
from webserver.http.compression import compressed_parts, takes_gzip
from webserver.http.cooperative_work import in_pieces

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
    **{name: f"forecast.-1.quantiles.{number}" for number, name in enumerate(QUANTILE_NAMES)},
    "field": "field",
    "unit": "unit",
}
"""The default columns of a CSV, as in the command line, and the path of each value in a forecast.

A number in a path is a place in a list; -1 is the last one, which is the target date in ``forecast``.
"""
_ENTRY_COLUMNS = ("ticker", "status", "request_id", "code")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

ReadResult = Callable[[Record], Result]
_Pair = tuple[AnyEntry, Record | None]


class BatchResultsQuery(BaseModel):
    """The query parameters of a batch: whether to return its results, which fields, and in which format."""

    model_config = ConfigDict(frozen=True, strict=True)

    results: Flag = Field(default=False, description="`true` adds each finished result as `result`.")
    picture: Flag = Field(default=False, description="`true` adds the chart of each forecast (`plot_png_base64`).")
    fields: FieldNames | None = FIELDS
    format: Literal["json", "csv"] | None = Field(
        default=None,
        description="`csv` returns one row for each ticker, with its result. `Accept: text/csv` has the same effect.",
    )


@dataclass(frozen=True)
class ResultFormat:
    """The requested fields of the results; ``columns`` is None for JSON."""

    representation: Representation
    columns: dict[str, str] | None


def requested_format() -> ResultFormat | None:
    """Return the format of the results that the present request asks for; None if it asks only for the progress.

    Raises:
        InvalidRequest: a parameter is wrong, two cannot be combined, or a field cannot be a CSV column.
    """
    query = validate_as(BatchResultsQuery, request.args.to_dict())
    _refuse_contradictions(query)
    format_name = query.format or ("csv" if _prefers_csv() else "json")
    if format_name == "csv":
        names = None if query.fields is None else names_in(query.fields)
        return ResultFormat(Representation(picture=False), _COLUMNS if names is None else _columns(names))
    if not (query.results or query.picture or query.fields is not None):
        return None
    return ResultFormat(Representation.of(query.picture, query.fields), None)


def with_results(
    progress: AnyProgress, records: Iterable[Record | None], read: ReadResult, result_format: ResultFormat
) -> Response:
    """Return the response with a batch's progress and results; ``records`` are in the order of the entries."""
    name, entries = entries_of(progress)
    pairs: list[_Pair] = list(zip(entries, records, strict=True))
    if result_format.columns is not None:
        parts, content_type = _csv_parts(pairs, read, result_format.columns), CSV
    else:
        parts = _json_parts(progress, name, pairs, read, result_format.representation)
        content_type = "application/json"
    response = Response(compressed_parts(parts) if takes_gzip() else parts, content_type=content_type)
    if takes_gzip():
        response.headers["Content-Encoding"] = "gzip"
    if result_format.columns is not None:
        response.headers.set("Content-Disposition", "attachment", filename=f"batch-{progress.batch_id}.csv")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response


def check_kinds(items: Iterable[BatchItem], result_format: ResultFormat | None) -> None:
    """Check that the format suits the kinds of a batch: a CSV, a chart and named fields are those of forecasts.

    Raises:
        InvalidRequest: the batch has a request of another kind.
    """
    if result_format is None or result_format == ResultFormat(Representation(picture=False), None):
        return
    other = next((item.kind for item in items if item.kind and item.kind != FORECAST.name), None)
    if other:
        raise InvalidRequest(
            f"format=csv, picture and fields are for batches of forecasts alone. This batch has the kind {other}: "
            "request it with results=true, as JSON."
        )


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
    """Return the columns of the named fields; an object has one column for each of its plain fields."""
    columns: list[str] = []
    kinds = field_paths()
    for name in names:
        inner = [path for path in kinds if path.startswith(f"{name}.") and kinds[path]]
        if not kinds[name] and not inner:
            raise InvalidRequest(f"{name} cannot be a CSV column. Leave it out, or request JSON.")
        columns += [name] if kinds[name] else inner
    return {column: column for column in columns if column not in _ENTRY_COLUMNS}


def _json_parts(
    progress: AnyProgress, name: str, pairs: list[_Pair], read: ReadResult, representation: Representation
) -> Iterator[bytes]:
    yield progress.model_dump_json(exclude={name}).encode()[:-1] + f',"{name}":['.encode()
    for number, (entry, record) in enumerate(in_pieces(pairs)):
        entry_read, result = _read(entry, record, read)
        body = b"null" if result is None else selected(result, representation)
        yield (b"," if number else b"") + entry_read.model_dump_json().encode()[:-1] + b',"result":' + body + b"}"
    yield b"]}"


def _csv_parts(pairs: list[_Pair], read: ReadResult, columns: dict[str, str]) -> Iterator[bytes]:
    yield _row([*_ENTRY_COLUMNS, *columns])
    for entry, record in in_pieces(pairs):
        entry_read, result = _read(entry, record, read)
        forecast = {} if result is None else json.loads(result.body)
        values = [getattr(entry_read, name) for name in _ENTRY_COLUMNS]
        yield _row([*values, *(_at(forecast, path) for path in columns.values())])


def _read(entry: AnyEntry, record: Record | None, read: ReadResult) -> tuple[AnyEntry, Result | None]:
    """Return an entry with its result; if the result cannot be read, the entry contains the failure."""
    if record is None or record.status != "done":
        return entry, None
    try:
        return entry, read(record)
    except Failure as failure:
        return entry.model_copy(update={"code": failure.code, "detail": failure.detail}), None


def _at(forecast: dict[str, Any], path: str) -> Any:
    value: Any = forecast
    for name in path.split("."):
        value = _inner(value, name)
    return value


def _inner(value: Any, name: str) -> Any:
    """Return a field of an object or an item of a list; None if there is none."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        place = int(name)
        return value[place] if -len(value) <= place < len(value) else None
    return None


def _row(values: Iterable[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(_cell, values))
    return line.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a value for spreadsheets; an apostrophe precedes text that would be a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
