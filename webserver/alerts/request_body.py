"""Parses the body that makes an alert; a mistake in the condition is explained by the condition's own fields."""

from __future__ import annotations

from typing import Any

from common.domain.errors import InvalidRequest
from common.domain.questions import validate_as
from common.domain.validation import explain_unknown_name
from webserver.alerts.conditions import CONDITION_OF_KIND
from webserver.alerts.models import AlertRequest


def parse_alert_request(body: Any) -> AlertRequest:
    """Return the alert of a body.

    Raises:
        BadRequest: a value is wrong; the text explains the first mistake.
    """
    if not isinstance(body, dict) or not isinstance(body.get("condition"), dict):
        return validate_as(AlertRequest, body)
    parameters = dict(body["condition"])
    kind = parameters.get("kind")
    if not isinstance(kind, str):
        raise InvalidRequest(f"condition needs a kind. Allowed: {', '.join(CONDITION_OF_KIND)}.")
    if kind not in CONDITION_OF_KIND:
        raise explain_unknown_name("kind", kind, CONDITION_OF_KIND)
    condition = validate_as(CONDITION_OF_KIND[kind], parameters)
    return validate_as(AlertRequest, body | {"condition": condition})
