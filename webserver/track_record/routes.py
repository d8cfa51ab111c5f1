"""The track record over HTTP: its figures, its forecasts, and an export of every entry."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TypeVar

from flask import Blueprint, Response, request

from common.domain.access import Scope
from common.domain.errors import InvalidDays, InvalidRequest, InvalidTicker, StoreUnavailable
from common.domain.horizons import horizon_group
from common.domain.monthly_scores import score_months
from common.domain.questions import validate_as
from common.domain.track_record import REPLAYS, Kind
from common.sql.repositories.ledger.chain import CHAINS, REPLAY_CHAINS, Head, read_head
from common.sql.repositories.ledger.queries import (
    ForecastRow,
    Selection,
    list_forecasts,
    list_misses,
    read_forecasts,
    sum_by_target_day,
    sum_up,
)
from common.sql.store import SqlStore
from webserver.http.operations import Operation, OperationResponse, described
from webserver.stocks.serializers import json_response
from webserver.track_record.export import ROWS_AT_ONCE, export_csv
from webserver.track_record.models import (
    ExportQuery,
    RecordedForecasts,
    RecordedForecastsQuery,
    SelectionQuery,
    TrackRecord,
    TrackRecordQuery,
)
from webserver.track_record.serializers import forecast_page, forecast_views, track_record

TAG = "track record"
PAGE = 100
MOST_MISSES = 10
_FAILURES = (InvalidTicker, InvalidDays, InvalidRequest, StoreUnavailable)
_Query = TypeVar("_Query", bound=SelectionQuery)


def track_record_api(store: SqlStore) -> Blueprint:
    """Return the routes below ``/api/v1/track-record``."""
    api = Blueprint("track_record", __name__, url_prefix="/api/v1/track-record")

    @api.get("")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The counts and scores.", (TrackRecord,))},
            _FAILURES,
            query=TrackRecordQuery,
            cost=1,
        )
    )
    def read() -> Response:
        """Return how recorded forecasts came out, and how many this rests on."""
        query = _parse(TrackRecordQuery)
        selection = _selection(query, query.kind)
        sums = store.read(partial(sum_up, selection=selection))
        months = score_months(store.read(partial(sum_by_target_day, selection=selection)))
        of_ledger = REPLAY_CHAINS if query.kind in REPLAYS else CHAINS
        heads: dict[str, Head] = {
            name: store.read(partial(read_head, name=chain)) for name, chain in zip(CHAINS, of_ledger, strict=True)
        }
        return json_response(track_record(query, sums, months, heads))

    @api.get("/forecasts")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("A page of forecasts.", (RecordedForecasts,))},
            _FAILURES,
            query=RecordedForecastsQuery,
            cost=1,
        )
    )
    def list_all() -> Response:
        """Return recorded forecasts with their outcomes, the newest first."""
        query = _parse(RecordedForecastsQuery)
        selection = _selection(query, query.kind)
        rows = store.read(partial(list_forecasts, selection=selection, most=PAGE + 1, before=query.before))
        return json_response(forecast_page(rows, query, PAGE))

    @api.get("/misses")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The forecasts.", (RecordedForecasts,))},
            _FAILURES,
            query=TrackRecordQuery,
            cost=1,
        )
    )
    def misses() -> Response:
        """Return the ten scored forecasts with the largest errors."""
        query = _parse(TrackRecordQuery)
        rows = store.read(partial(list_misses, selection=_selection(query, query.kind), most=MOST_MISSES))
        return json_response(RecordedForecasts(forecasts=forecast_views(rows), next=None))

    @api.get("/export")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The forecasts, the oldest first.", ("text/csv",))},
            _FAILURES,
            query=ExportQuery,
            cost=10,
        )
    )
    def export() -> Response:
        """Return recorded forecasts as CSV, with their content and hashes. It counts as ten requests."""
        query = _parse(ExportQuery)
        selection = _selection(query, query.kind)
        first = store.read(partial(read_forecasts, selection=selection, most=ROWS_AT_ONCE, after=0))

        def read_after(number: int) -> list[ForecastRow]:
            if number == 0:
                return first
            return store.read(partial(read_forecasts, selection=selection, most=ROWS_AT_ONCE, after=number))

        response = Response(export_csv(read_after), content_type="text/csv; charset=utf-8; header=present")
        response.headers.set("Content-Disposition", "attachment", filename="track-record.csv")
        response.headers["Cache-Control"] = "no-store"
        return response

    return api


def _parse(model: type[_Query]) -> _Query:
    query = validate_as(model, request.args.to_dict())
    if query.start and query.end and query.start > query.end:
        raise InvalidRequest("start is after end. Send a start that is not after the end.")
    return query


def _selection(query: SelectionQuery, kind: Kind | None) -> Selection:
    selection = Selection(kind, query.ticker, query.days, query.model, query.start, query.end)
    if query.horizon is None:
        return selection
    group = horizon_group(query.horizon)
    return replace(selection, days_from=group.first, days_until=group.last)
