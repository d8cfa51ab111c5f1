"""Alerts, their history, and the channels by which they notify, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import Busy, Forbidden, InvalidDays, InvalidRequest, InvalidTicker, NotFound, StoreUnavailable
from common.domain.questions import validate_as
from webserver.alerts.models import (
    AlertChange,
    AlertDetail,
    AlertEvents,
    AlertRequest,
    Alerts,
    ChannelRequest,
    Channels,
    Deliveries,
    DeliveryDetail,
    NewChannel,
    WebPushKey,
)
from webserver.alerts.request_body import parse_alert_request
from webserver.alerts.serializers import alert_detail, channel_detail, delivery_detail, event_page, new_channel, url_of
from webserver.alerts.service import AlertService
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.stocks.serializers import json_response

TAG = "alerts"
AccountId = Callable[[], str]


def _iso_time(text: object) -> object:
    """Return the time of a text such as 2026-11-28T21:30:00Z. Pydantic alone would also take a number of seconds."""
    return (
        datetime.fromisoformat(text) if isinstance(text, str) and "T" in text else None if text is None else "no time"
    )


class EventsQuery(BaseModel):
    """The query parameters of the history."""

    model_config = ConfigDict(frozen=True)

    before: Annotated[AwareDatetime | None, BeforeValidator(_iso_time)] = Field(
        default=None, description="Only events that fired earlier. `next` in the response contains it."
    )


def alerts_api(service: AlertService, account_id: AccountId, may_reach_anybody: Callable[[], bool]) -> Blueprint:
    """Return the routes of alerts and channels below ``/api/v1``.

    Args:
        service: the alerts and channels.
        account_id: returns the account of the present request.
        may_reach_anybody: returns whether the caller may have notifications sent to any address.
    """
    api = Blueprint("alerts", __name__, url_prefix="/api/v1")

    @api.get("/alerts")
    @described(
        Operation(
            TAG, Scope.READ, {200: OperationResponse("The alerts.", (Alerts,))}, (StoreUnavailable,), is_personal=True
        )
    )
    def list_all() -> Response:
        """Return your alerts."""
        return json_response(Alerts(alerts=[alert_detail(each) for each in service.list_all(account_id())]))

    @api.post("/alerts")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {201: OperationResponse("The new alert.", (AlertDetail,), ("Location",))},
            (InvalidTicker, InvalidDays, InvalidRequest, NotFound, Busy, StoreUnavailable),
            body=AlertRequest,
            is_personal=True,
        )
    )
    def create() -> Response:
        """Create an alert on a stock whose prices are stored.

        It is judged once for each new close, and fires once until its condition was not met again. If the last close
        meets the condition already, it first waits until that is over. Unusual moves and broken ranges are news on
        each day.
        """
        created = service.add(account_id(), parse_alert_request(json_of(request.get_data())))
        response = json_response(alert_detail(created), 201)
        response.headers["Location"] = url_of(created.id)
        return response

    @api.get("/alerts/<uuid:alert_id>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The alert.", (AlertDetail,))},
            (NotFound, StoreUnavailable),
            is_personal=True,
        )
    )
    def read(alert_id: Any) -> Response:
        """Return an alert."""
        return json_response(alert_detail(service.read(account_id(), str(alert_id))))

    @api.patch("/alerts/<uuid:alert_id>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: OperationResponse("The alert.", (AlertDetail,))},
            (InvalidRequest, NotFound, StoreUnavailable),
            body=AlertChange,
            is_personal=True,
        )
    )
    def change(alert_id: Any) -> Response:
        """Change an alert: whether it is judged, its channels, its note."""
        body = validate_as(AlertChange, json_of(request.get_data()))
        return json_response(alert_detail(service.change(account_id(), str(alert_id), body)))

    @api.delete("/alerts/<uuid:alert_id>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {204: OperationResponse("The alert was deleted.")},
            (NotFound, StoreUnavailable),
            is_personal=True,
        )
    )
    def delete(alert_id: Any) -> Response:
        """Delete an alert with its history."""
        service.delete(account_id(), str(alert_id))
        return Response(status=204)

    @api.get("/alert-events")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The events.", (AlertEvents,))},
            (InvalidRequest, StoreUnavailable),
            query=EventsQuery,
            is_personal=True,
        )
    )
    def events() -> Response:
        """Return what your alerts fired."""
        query = validate_as(EventsQuery, request.args.to_dict())
        return json_response(event_page(service.events(account_id(), query.before)))

    _add_routes_of_channels(api, service, account_id, may_reach_anybody)
    return api


def _add_routes_of_channels(
    api: Blueprint, service: AlertService, account_id: AccountId, may_reach_anybody: Callable[[], bool]
) -> None:
    @api.get("/channels")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The channels.", (Channels,))},
            (StoreUnavailable,),
            is_personal=True,
        )
    )
    def list_channels() -> Response:
        """Return the channels by which your alerts notify you."""
        return json_response(Channels(channels=[channel_detail(each) for each in service.channels(account_id())]))

    @api.get("/web-push-key")
    @described(Operation(TAG, Scope.READ, {200: OperationResponse("The key.", (WebPushKey,))}))
    def read_push_key() -> Response:
        """Return the key with which a browser subscribes to notifications, for a channel of the kind `web_push`."""
        return json_response(WebPushKey(public_key=service.push_key))

    @api.post("/channels")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {201: OperationResponse("The new channel.", (NewChannel,))},
            (InvalidRequest, Forbidden, StoreUnavailable),
            body=ChannelRequest,
            is_personal=True,
        )
    )
    def create_channel() -> Response:
        """Create a channel. The response contains the signing secret of a webhook, which is shown once."""
        body = validate_as(ChannelRequest, json_of(request.get_data()))
        made = service.add_channel(account_id(), body, may_reach_anybody=may_reach_anybody())
        return json_response(new_channel(made), 201)

    @api.delete("/channels/<uuid:channel_id>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {204: OperationResponse("The channel was deleted.")},
            (NotFound, StoreUnavailable),
            is_personal=True,
        )
    )
    def delete_channel(channel_id: Any) -> Response:
        """Delete a channel. Alerts stop notifying it."""
        service.delete_channel(account_id(), str(channel_id))
        return Response(status=204)

    @api.post("/channels/<uuid:channel_id>:test")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: OperationResponse("The outcome.", (DeliveryDetail,))},
            (InvalidRequest, NotFound, StoreUnavailable),
            cost=10,
            is_personal=True,
        )
    )
    def test_channel(channel_id: Any) -> Response:
        """Request a test notification now, and return its outcome. It counts as ten requests."""
        return json_response(delivery_detail(service.test_channel(account_id(), str(channel_id))))

    @api.get("/deliveries")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The notifications.", (Deliveries,))},
            (StoreUnavailable,),
            is_personal=True,
        )
    )
    def list_deliveries() -> Response:
        """Return the latest notifications and the outcome of their attempts."""
        found = [delivery_detail(each) for each in service.deliveries(account_id())]
        return json_response(Deliveries(deliveries=found))

    @api.post("/deliveries/<uuid:delivery_id>:redeliver")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: OperationResponse("The outcome.", (DeliveryDetail,))},
            (NotFound, StoreUnavailable),
            cost=10,
            is_personal=True,
        )
    )
    def redeliver(delivery_id: Any) -> Response:
        """Request another attempt of a notification now, under the same id. It counts as ten requests."""
        return json_response(delivery_detail(service.redeliver(account_id(), str(delivery_id))))
