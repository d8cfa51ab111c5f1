"""The routes that requests of every kind have: ask, follow, cancel, share, stream the progress."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import BaseModel

from common.domain.access import Scope
from common.domain.errors import (
    Busy,
    Cancelled,
    DeadlineExceeded,
    Failure,
    FieldUnavailable,
    ForecastFailed,
    ImplausiblePrices,
    InvalidRequest,
    InvalidTicker,
    NotFound,
    ProviderUnavailable,
    RequestConflict,
    TooLittleData,
    UnknownTicker,
    WorkerCrashed,
)
from common.domain.kinds import FORECAST, Kind
from common.domain.questions import Question, validate_as
from common.redis.rate_windows import QuotaCheck
from common.redis.requests.records import Record
from common.runtime.logs import log_context
from webserver.http.middleware.response_headers import REPEATED_FORECAST
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.http.request_parsing import PreferredWait, client_request_id, json_of, preferred_wait
from webserver.requests.events import EventStreams
from webserver.requests.responses import (
    ResultView,
    json_bytes_response,
    poll_response,
    state_response,
    whole_result,
)
from webserver.requests.serializers import progress, url_of
from webserver.requests.service import RequestService
from webserver.schemas import AnalysisProgress, StageEvent

_MARGIN_S = 0.5
"""Seconds after a request's deadline within which its record becomes failed."""
FAILED_ENDS = (
    UnknownTicker,
    TooLittleData,
    FieldUnavailable,
    ImplausiblePrices,
    Cancelled,
    ForecastFailed,
    WorkerCrashed,
    Busy,
    ProviderUnavailable,
    DeadlineExceeded,
)
"""The failures with which a request can end."""
_log = logging.getLogger(__name__)


class RequestBody(Protocol):
    """The body of a request: a question, and optionally a request id of the client's choice."""

    @property
    def question(self) -> Question:
        """The question without the request id."""

    @property
    def request_id(self) -> str | None:
        """The id; None for a new one."""


@dataclass(frozen=True)
class RequestApi:
    """The routes of one kind of analysis.

    Args:
        kind: the kind. Its ``path`` is that of the routes below ``/api/v1``.
        tag: the heading in the API's description.
        body: the model of the request's body, a :class:`RequestBody`.
        finished: the models of a finished result.
        failures: the failures of a wrong question, beside those of every kind.
        query: the model of the query parameters that select a part of a result; None if there are none.
        view: returns the part of a result that the present request selects.
        details: more about the response, for the API's description.
        progress: the model of a request's progress.
        add_routes: adds the routes that only this kind has.
        ends: the failures with which a request of only this kind can end.
    """

    kind: Kind
    tag: str
    body: type[BaseModel]
    finished: tuple[type[BaseModel], ...]
    failures: tuple[type[Failure], ...] = ()
    query: type[BaseModel] | None = None
    view: Callable[[], ResultView] = whole_result
    details: str = ""
    progress: type[BaseModel] = AnalysisProgress
    add_routes: Callable[[Blueprint, RequestService], None] = lambda _blueprint, _service: None
    ends: tuple[type[Failure], ...] = ()


@dataclass(frozen=True)
class RequestServices:
    """The services behind the routes.

    Args:
        requests: accepts requests and returns their records.
        streams: opens event streams.
        quota_check: returns the quota check of the present client.
        longest_wait_s: the longest time in seconds that a response waits for the end of its request.
    """

    requests: RequestService
    streams: EventStreams
    quota_check: Callable[[], QuotaCheck]
    longest_wait_s: float


def requests_api(api: RequestApi, services: RequestServices) -> Blueprint:
    """Return the routes of one kind of analysis below ``/api/v1``."""
    blueprint = Blueprint(api.kind.path, __name__, url_prefix=f"/api/v1/{api.kind.path}")
    _add_ask(blueprint, api, services)
    _add_follow(blueprint, api, services)
    _add_changes(blueprint, api, services.requests)
    api.add_routes(blueprint, services.requests)
    return blueprint


def _add_ask(blueprint: Blueprint, api: RequestApi, services: RequestServices) -> None:
    noun = api.kind.name

    @blueprint.post("")
    @described(
        Operation(
            api.tag,
            Scope.FORECAST,
            {
                200: OperationResponse(f"The {noun}.", api.finished, ("Location", "Preference-Applied")),
                202: OperationResponse(
                    f"The {noun} is accepted and not finished.", (api.progress,), ("Location", "Preference-Applied")
                ),
            },
            (InvalidTicker, *api.failures, RequestConflict, *FAILED_ENDS, *api.ends),
            body=api.body,
            query=api.query,
            headers=("Prefer", "Idempotency-Key"),
            cost=0,  # acceptance counts it, in the same round trip
        ),
        f"Request {_with_article(noun)} and wait for it as long as ``Prefer`` allows.\n\n{api.details}",
    )
    def ask() -> Response:
        check, view = services.quota_check(), api.view()
        body: RequestBody = validate_as(api.body, json_of(request.get_data()))  # type: ignore[assignment]
        check.cost = body.question.cost
        preferred = preferred_wait(request.environ.get("HTTP_PREFER", ""), services.longest_wait_s)
        began = time.monotonic()
        client_id = client_request_id(body.request_id)
        request_id = client_id or str(uuid4())
        service = services.requests
        with log_context(request_id, body.question.ticker, "accepting"):
            submit = service.submit_with_client_id if client_id else service.submit
            record = submit(request_id, body.question, preferred.seconds, check)
            level = logging.DEBUG if record.ended else logging.INFO
            if api.kind is FORECAST and record.status == "done":
                request.environ[REPEATED_FORECAST] = True
            if preferred.seconds and not record.ended:
                record = service.wait(record, _remaining_wait_s(preferred, began, record))
            response = state_response(service, record, view, progress_status=202)
            _log.log(level, "answered: %s", record.status)
        if record.failure is None:
            response.headers["Location"] = url_of(record)
        if preferred.applied:
            response.headers["Preference-Applied"] = preferred.applied
        return response


def _add_follow(blueprint: Blueprint, api: RequestApi, services: RequestServices) -> None:
    noun = api.kind.name

    @blueprint.get("/<uuid:request_id>")
    @described(
        Operation(
            api.tag,
            Scope.READ,
            {
                200: OperationResponse(
                    f"The finished {noun}, or the progress of the request.", (*api.finished, api.progress)
                ),
                304: UNCHANGED,
            },
            (InvalidRequest, NotFound, *FAILED_ENDS, *api.ends),
            query=api.query,
            headers=("If-None-Match",),
        ),
        f"Return the progress of a request, or its finished {noun}.",
    )
    def follow(request_id: Any) -> Response:
        return poll_response(services.requests, api.kind, str(request_id), api.view())

    @blueprint.get("/<uuid:request_id>/events")
    @described(
        Operation(
            api.tag,
            Scope.READ,
            {200: OperationResponse("The stages of the request.", stream=StageEvent)},
            (NotFound, Busy),
        ),
        "Stream the stages of a request as server-sent events until it ends.",
    )
    def events(request_id: Any) -> Response:
        return services.streams.open(api.kind, str(request_id))


def _add_changes(blueprint: Blueprint, api: RequestApi, service: RequestService) -> None:
    @blueprint.delete("/<uuid:request_id>")
    @described(
        Operation(
            api.tag,
            Scope.FORECAST,
            {200: OperationResponse("The final status of the request.", (api.progress,))},
            (NotFound, Busy),
        ),
        f"Cancel a request. A finished {api.kind.name} stays available.",
    )
    def cancel(request_id: Any) -> Response:
        return json_bytes_response(progress(service.cancel(api.kind, str(request_id))), 200)

    @blueprint.post("/<uuid:request_id>:share")
    @described(
        Operation(api.tag, Scope.FORECAST, {204: OperationResponse("The request is shared.")}, (NotFound, Busy)),
        "Share a request: everybody who may read can see it by its id. Only you can cancel it.",
    )
    def share(request_id: Any) -> Response:
        service.share(api.kind, str(request_id), is_shared=True)
        return Response(status=204)

    @blueprint.post("/<uuid:request_id>:unshare")
    @described(
        Operation(api.tag, Scope.FORECAST, {204: OperationResponse("The request is not shared.")}, (NotFound, Busy)),
        "Stop sharing a request.",
    )
    def unshare(request_id: Any) -> Response:
        service.share(api.kind, str(request_id), is_shared=False)
        return Response(status=204)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _remaining_wait_s(preferred: PreferredWait, began: float, record: Record) -> float:
    """Return the rest of the wait that the client prefers, or else the time until the request must have ended."""
    if preferred.applied:
        return began + preferred.seconds - time.monotonic()
    return min(record.remaining_ms / 1000, preferred.seconds) + _MARGIN_S
