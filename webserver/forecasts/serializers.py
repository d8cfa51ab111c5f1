"""The JSON around a record: the finished result with its picture, or how far it is."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cached_property

from common.redis.requests.records import Record
from common.redis.requests.results import Result
from common.runtime.gzipping import GzipBeginning
from webserver.forecasts.field_selection import ALWAYS, PICTURE, WHOLE, Representation
from webserver.http.byte_cache import ByteCache
from webserver.schemas import Progress

MOST_BYTES = 2_000_000
"""Of results without a picture, or of parts of results, in each process."""
_OUTSIDE = ALWAYS | {PICTURE, "plot_url"}


def url_of(request_id: str) -> str:
    """Where a request's record is found."""
    return f"/api/v1/forecasts/{request_id}"


def plot_url_of(request_id: str) -> str:
    """Where a request's picture is found."""
    return f"{url_of(request_id)}/plot.png"


@dataclass(frozen=True)
class _Beginning:
    """The beginning of an answer, up to its envelope; ``gzip`` is compressed where it is first needed."""

    plain: bytes

    @cached_property
    def gzip(self) -> GzipBeginning:
        return GzipBeginning.of(self.plain)

    @property
    def size(self) -> int:
        return 2 * len(self.plain) + 200


_beginnings: ByteCache[_Beginning] = ByteCache(MOST_BYTES, lambda beginning: beginning.size)


def finished(record: Record, result: Result, wanted: Representation = WHOLE) -> list[bytes]:
    """Return a result and its envelope; in parts, so that all answers with one result share its bytes."""
    if wanted == WHOLE:
        return [result.json, _envelope(record)]
    return [_beginning(result, wanted).plain, _ending(record, wanted)]


def finished_gzip(record: Record, result: Result, wanted: Representation = WHOLE) -> bytes:
    """The same, compressed."""
    if wanted == WHOLE:
        return result.gzip.ended(_envelope(record))
    return _beginning(result, wanted).gzip.ended(_ending(record, wanted))


def selected(result: Result, wanted: Representation) -> bytes:
    """Return the wanted part of a result as a JSON object without an envelope."""
    if wanted.fields is None:
        return result.json + b"}" if wanted.picture else result.body
    # Fields outside the result are answered without decoding it.
    forecast = {} if _OUTSIDE.issuperset(wanted.fields) else json.loads(result.body)
    if wanted.picture and PICTURE in wanted.fields:
        forecast[PICTURE] = base64.b64encode(result.png).decode()
    return json.dumps(wanted.select(forecast)).encode()


def under_way(record: Record) -> bytes:
    """Say how far a request is."""
    progress = Progress(
        request_id=record.request_id,
        status=record.status,
        ticker=record.question.ticker,
        days=record.question.days,
        deadline_in_ms=record.remaining_ms,
        url=url_of(record.request_id),
    )
    return progress.model_dump_json().encode()


def _beginning(result: Result, wanted: Representation) -> _Beginning:
    return _beginnings.get((hash(result), wanted), lambda: _Beginning(_open(selected(result, wanted))))


def _open(document: bytes) -> bytes:
    """Return a JSON object without its closing brace, ready for more fields."""
    return b"{" if document == b"{}" else document[:-1] + b", "


def _ending(record: Record, wanted: Representation) -> bytes:
    """Return the last fields of an answer with a part of a result."""
    envelope = {"request_id": record.request_id, "status": "done", "plot_url": plot_url_of(record.request_id)}
    fields = envelope.keys() if wanted.fields is None else ALWAYS | set(wanted.fields)
    return json.dumps({name: value for name, value in envelope.items() if name in fields}).encode()[1:]


def _envelope(record: Record) -> bytes:
    """The last fields of a result: whose it is."""
    # Both are of letters that JSON does not escape.
    request_id, plot_url = record.request_id, plot_url_of(record.request_id)
    return f', "request_id": "{request_id}", "status": "done", "plot_url": "{plot_url}"}}'.encode()
