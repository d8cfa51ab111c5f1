"""The JSON of a finished forecast, with the chart.

All responses with one result share its encoded and compressed bytes. Only the last fields, those of the request, are
encoded for each response.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cached_property

from common.redis.requests.records import Record
from common.redis.requests.results import Result
from common.runtime.gzipping import GzipBeginning
from webserver.forecasts.field_selection import ALWAYS, CHART, WHOLE, Representation
from webserver.http.byte_cache import ByteCache
from webserver.requests.serializers import url_of

_MOST_BYTES = 2_000_000
"""The most bytes of selected parts of results that each process caches."""
_OUTSIDE = ALWAYS | {CHART, "plot_url"}


def plot_url_of(record: Record) -> str:
    """Return the address of a forecast's chart."""
    return f"{url_of(record)}/plot.png"


@dataclass(frozen=True)
class _Prefix:
    """The JSON of a response up to its last fields; it is compressed at the first use of ``gzip``."""

    plain: bytes

    @cached_property
    def gzip(self) -> GzipBeginning:
        return GzipBeginning.of(self.plain)

    @property
    def size(self) -> int:
        return 2 * len(self.plain) + 200


_prefixes: ByteCache[_Prefix] = ByteCache(_MOST_BYTES, lambda prefix: prefix.size)


def finished(record: Record, result: Result, representation: Representation = WHOLE) -> list[bytes]:
    """Return the JSON of a finished forecast in parts; all responses with one result share the first part."""
    if representation == WHOLE:
        return [result.json, _all_last_fields(record)]
    return [_prefix(result, representation).plain, _last_fields(record, representation)]


def finished_gzip(record: Record, result: Result, representation: Representation = WHOLE) -> bytes:
    """Return the compressed JSON of a finished forecast."""
    if representation == WHOLE:
        return result.gzip.append_end(_all_last_fields(record))
    return _prefix(result, representation).gzip.append_end(_last_fields(record, representation))


def selected(result: Result, representation: Representation) -> bytes:
    """Return the selected part of a result as a JSON object, without the fields of the request."""
    if representation.fields is None:
        return result.json + b"}" if representation.picture else result.body
    # Fields outside the result do not need its decoded JSON.
    forecast = {} if _OUTSIDE.issuperset(representation.fields) else json.loads(result.body)
    if representation.picture and CHART in representation.fields:
        forecast[CHART] = base64.b64encode(result.png).decode()
    return json.dumps(representation.select(forecast)).encode()


def _prefix(result: Result, representation: Representation) -> _Prefix:
    return _prefixes.get((hash(result), representation), lambda: _Prefix(_open(selected(result, representation))))


def _open(document: bytes) -> bytes:
    """Return a JSON object without its closing brace, ready for more fields."""
    return b"{" if document == b"{}" else document[:-1] + b", "


def _last_fields(record: Record, representation: Representation) -> bytes:
    """Return the end of the JSON with a part of a result: the selected fields of the request."""
    values = {"request_id": record.request_id, "status": "done", "plot_url": plot_url_of(record)}
    fields = values.keys() if representation.fields is None else ALWAYS | set(representation.fields)
    return json.dumps({name: value for name, value in values.items() if name in fields}).encode()[1:]


def _all_last_fields(record: Record) -> bytes:
    """Return the end of the JSON with a whole result: the fields of the request."""
    # Neither value has a character that JSON escapes.
    request_id, plot_url = record.request_id, plot_url_of(record)
    return f', "request_id": "{request_id}", "status": "done", "plot_url": "{plot_url}"}}'.encode()
