"""Responses with a finished forecast: its JSON, its chart, the chances of prices."""

from __future__ import annotations

from gzip import decompress

from flask import Response

from common.domain.errors import NotFound
from common.domain.kinds import FORECAST
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.forecasts.chances import ChancesQuery, chances_of
from webserver.forecasts.field_selection import WHOLE, Representation, requested_representation
from webserver.forecasts.serializers import finished, finished_gzip
from webserver.http.compression import takes_gzip
from webserver.requests.responses import VARY, ResultView, done_record, json_bytes_response, result_of, revalidated
from webserver.requests.service import RequestService

SVG_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Forbids scripts if a browser opens the chart as a document."""


def requested_view() -> ResultView:
    """Return the part of a forecast that the present request selects.

    Raises:
        InvalidRequest: the request names an unknown field.
    """
    representation = requested_representation()
    tag = "" if representation == WHOLE else f" {representation}"
    return ResultView(lambda record, result: _response(record, result, representation), tag)


def _response(record: Record, result: Result, representation: Representation) -> Response:
    if takes_gzip():
        body = finished_gzip(record, result, representation)
        return json_bytes_response(body, 200, VARY, ("Content-Encoding", "gzip"))
    return json_bytes_response(finished(record, result, representation), 200, VARY)


def png_response(service: RequestService, record: Record) -> Response:
    """Return the response with the chart as a PNG."""
    return Response(result_of(service, record).png, mimetype="image/png")


def svg_response(service: RequestService, record: Record) -> Response:
    """Return the response with the chart as an SVG, which needs :data:`SVG_POLICY`."""
    compressed = result_of(service, record).svg_gzip
    if not compressed:
        raise NotFound("This forecast was made before an upgrade and has no SVG. Request plot.png instead.")
    if takes_gzip():
        return Response(compressed, mimetype="image/svg+xml", headers={"Content-Encoding": "gzip"})
    return Response(decompress(compressed), mimetype="image/svg+xml")


def chances_response(service: RequestService, request_id: str, query: ChancesQuery) -> Response:
    """Return the response with the probabilities of prices; it can be revalidated."""
    record = done_record(service, FORECAST, request_id)

    def response() -> Response:
        chances = chances_of(record, result_of(service, record), query)
        return json_bytes_response(chances.model_dump_json().encode(), 200)

    return revalidated(record, response, f" {query}")
