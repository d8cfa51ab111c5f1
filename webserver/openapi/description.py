"""The OpenAPI 3.1 document, built from the routes, their operations, docstrings and models."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from common.domain.access import Scope
from common.domain.errors import (
    Failure,
    Forbidden,
    ForecastFailed,
    InvalidRequest,
    RateLimited,
    StoreUnavailable,
    Unauthenticated,
)
from common.domain.questions import RequestId, Ticker
from webserver.access.policy import AccessPolicy
from webserver.access.session_cookie import SESSION_COOKIE
from webserver.http.middleware.origin_check import OTHER_SITE
from webserver.http.operations import Operation, OperationResponse, operation_of
from webserver.http.problems import LONG_ADDRESS, LONG_HEADERS, SERVER_ERROR, STATUS, explain_long_body, problem_of
from webserver.openapi.field_descriptions import describe_fields, description_of_parameter
from webserver.schemas import Problem

Json = dict[str, Any]

VERSION = "1.0"
_INTRODUCTION = """Request a forecast of a stock's price, poll its progress and fetch its chart. Read or refresh prices.

Every failure is `application/problem+json` with a stable `code`. `Retry-After` contains the seconds to wait.
A retry with the same request id is safe. The id is a UUID of your choice, in the body or as `Idempotency-Key`.
`GET /api/v1/account` returns what you may do. Programs send an API token as `Authorization: Bearer`.
A request that changes data is refused (403) if a page of another site sends it.
Requests that change data, searches, lists, price ranges and SVGs count against the limits in `RateLimit-Policy`.
This is not investment advice."""
_READING = {"GET", "HEAD", "OPTIONS"}
_CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
_REF = "#/components/schemas/{model}"
_EVERY_ROUTE_FAILURES = {
    400: InvalidRequest(),
    414: InvalidRequest(LONG_ADDRESS),
    431: InvalidRequest(LONG_HEADERS),
    500: ForecastFailed(SERVER_ERROR),
}
"""The failures of every route."""
_CHANGE_FAILURES = {403: InvalidRequest(OTHER_SITE)}
_COUNTED_FAILURES = {429: RateLimited()}
_SCOPE_FAILURES = {401: Unauthenticated(), 403: Forbidden(), 503: StoreUnavailable()}
"""The failures of every route that needs a scope."""
_CREDENTIALS: list[Json] = [{"token": []}, {"session": []}]
_SECURITY_SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The cookie of a person who has logged in on the page.",
    },
}
_TAGS = {
    "forecasts": "Request a forecast, poll its progress, fetch its chart.",
    "patterns": "Find a pattern in the prices, and compare what followed with what usually follows.",
    "batches": "Request up to 100 forecasts or other analyses at once.",
    "reports": "Make one document of finished forecasts, as PDF or HTML.",
    "evaluations": "Compare forecasting models on the past of a stock.",
    "prices": "Read or refresh stored prices, or upload your own.",
    "insights": "Read what is unusual about a stock now, with the evidence.",
    "market": "Read the board of the nightly run over all stored stocks.",
    "tickers": "Search, list, add or remove stored tickers.",
    "alerts": "Be told when a stock meets a condition.",
    "accounts": "Register, log in, manage accounts and API tokens, and read who changed what.",
    "track record": "See how earlier forecasts came out.",
    "watchlists": "Keep lists of stocks with their questions and notes.",
}
_LIMITS = ("RateLimit-Policy", "RateLimit")
_TEXT = {"type": "string"}

REQUEST_HEADERS: dict[str, Json] = {
    "Prefer": {
        "description": "`wait=N`: respond after at most N seconds, with 202 if the forecast is not finished; "
        "`respond-async`: respond at once (RFC 7240).",
        "schema": _TEXT,
    },
    "Idempotency-Key": {
        "description": "The request id, if it is not in the body. The same id and body return the same request.",
        "schema": TypeAdapter(RequestId).json_schema(),
    },
    "If-None-Match": {
        "description": "The `ETag` of the client's copy. The response is 304 if the copy is up to date.",
        "schema": _TEXT,
    },
}
RESPONSE_HEADERS: dict[str, Json] = {
    "Location": {"description": "The address of the request's progress and result.", "schema": _TEXT},
    "Preference-Applied": {
        "description": "The preferences that the server applied. The wait may be shorter than requested.",
        "schema": _TEXT,
    },
    "ETag": {"description": "The version of this response. Send it as `If-None-Match`.", "schema": _TEXT},
    "Retry-After": {"description": "The seconds to wait before a retry.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {
        "description": "The limits: the number of requests (`q`) in a window of seconds (`w`).",
        "schema": _TEXT,
    },
    "RateLimit": {
        "description": "For each limit, the remaining requests (`r`) and the seconds until its reset (`t`).",
        "schema": _TEXT,
    },
    "Allow": {"description": "The methods that this address supports.", "schema": _TEXT},
    "Stockcast-Source": {"description": "The source of the prices.", "schema": _TEXT},
    "Stockcast-Currency": {
        "description": "The unit of the prices, such as `USD` or `GBp` (pence), or `XXX` if it is unknown.",
        "schema": _TEXT,
    },
    "Stockcast-Fetched-At": {"description": "When the prices were fetched from the source.", "schema": _TEXT},
    "Stockcast-Stale": {
        "description": "Whether the last close is more than a week old.",
        "schema": {"type": "string", "enum": ["true", "false"]},
    },
    "Stockcast-Rows": {"description": "The number of rows in the response.", "schema": {"type": "integer"}},
}
_SCHEMA_OF_PATH: dict[str, Json] = {
    "ticker": TypeAdapter(Ticker).json_schema(),
    "request_id": TypeAdapter(RequestId).json_schema(),
    "batch_id": TypeAdapter(RequestId).json_schema(),
    "watchlist_id": TypeAdapter(RequestId).json_schema(),
    "delivery_id": TypeAdapter(RequestId).json_schema(),
    "channel_id": TypeAdapter(RequestId).json_schema(),
    "alert_id": TypeAdapter(RequestId).json_schema(),
    "token_id": TypeAdapter(RequestId).json_schema(),
    "session_id": TypeAdapter(RequestId).json_schema(),
    "identity_id": TypeAdapter(RequestId).json_schema(),
    "account_id": TypeAdapter(RequestId).json_schema(),
}


def description(app: Flask, policy: AccessPolicy) -> Json:
    """Return the document of the API's routes, without the page, its files, the probes and this document.

    Args:
        app: the application.
        policy: what callers without credentials may do.

    Raises:
        LookupError: a route has no operation.
    """
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    all_operations = [(rule, operation_of(app.view_functions[rule.endpoint])) for rule in rules]
    routes = [rule for rule, operation in all_operations if operation.tag in _TAGS]
    operations = [operation for _, operation in all_operations if operation.tag in _TAGS]
    paths: dict[str, Json] = defaultdict(dict)
    for rule, operation in zip(routes, operations, strict=True):
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths[_CONVERTED.sub(r"{\1}", rule.rule)][method.lower()] = _operation(rule, method, view, operation) | {
                "security": _security(operation, policy)
            }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stockcast", "version": VERSION, "description": _INTRODUCTION, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": purpose} for tag, purpose in _TAGS.items()],
        "paths": dict(paths),
        "components": {"schemas": _schemas(operations), "securitySchemes": _SECURITY_SCHEMES},
    }


def _operation(rule: Rule, method: str, view: Any, operation: Operation) -> Json:
    summary, _, more = inspect.cleandoc(view.__doc__ or "").replace("``", "`").partition("\n\n")
    document: Json = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [operation.tag],
        "summary": summary.replace("`", ""),
        "parameters": list(_parameters(rule, operation)),
        "responses": _responses(method, rule.rule, operation),
    }
    if operation.scope is not Scope.PUBLIC:
        document["x-scope"] = operation.scope
        more = "\n\n".join(filter(None, (more, f"Needs the scope `{operation.scope}`.")))
    if more:
        document["description"] = more
    if operation.file:
        content = {kind: {"schema": _TEXT} for kind in operation.file}
        document["requestBody"] = {"required": True, "content": content}
    if operation.body is not None:
        document["requestBody"] = {"required": True, "content": {"application/json": _json_content((operation.body,))}}
    return document


def _security(operation: Operation, policy: AccessPolicy) -> list[Json]:
    """Return the credentials that an operation takes; an empty entry means that it needs none."""
    if operation.scope is Scope.PUBLIC:
        return []
    try:
        policy.check(policy.without_credentials, operation)
    except Unauthenticated:
        return _CREDENTIALS
    return [{}, *_CREDENTIALS]


def _parameters(rule: Rule, operation: Operation) -> Iterator[Json]:
    for name in _CONVERTED.findall(rule.rule):
        schema = _SCHEMA_OF_PATH.get(name, _TEXT)
        text = schema.get("description") or description_of_parameter(name)
        yield {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
    if operation.query is not None:
        schema = operation.query.model_json_schema()
        for name, field in schema["properties"].items():
            if name not in rule.arguments:
                yield {"name": name, "in": "query", "required": False, **_parameter(name, field)}
    for name in operation.headers:
        yield {"name": name, "in": "header", "required": False, **REQUEST_HEADERS[name]}


def _parameter(name: str, field: Json) -> Json:
    """Return the parameter of a query field; an optional parameter is absent, never null."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    schema = {key: value for key, value in kinds[0].items() if key not in {"title", "description"}}
    text = field.get("description") or description_of_parameter(name)
    return {"description": text, "schema": schema}


def _responses(method: str, path: str, operation: Operation) -> Json:
    failures: dict[int, dict[str, Json]] = defaultdict(dict)
    expected: list[tuple[int, Failure]] = [*_EVERY_ROUTE_FAILURES.items()]
    counts = method not in _READING or bool(operation.cost)
    expected += [] if method in _READING else _CHANGE_FAILURES.items()
    expected += _COUNTED_FAILURES.items() if counts else []
    expected += [(413, InvalidRequest(explain_long_body(path)))] if operation.body or operation.file else []
    expected += [] if operation.scope is Scope.PUBLIC else _SCOPE_FAILURES.items()
    expected += [(STATUS[kind.code], kind()) for kind in operation.failures]
    for status, failure in expected:
        failures[status].setdefault(failure.code, problem_of(failure, status).model_dump(exclude_none=True))
    successes = {str(status): _success(response) for status, response in operation.responses.items()}
    problems = {str(status): _problem(status, codes) for status, codes in failures.items()}
    if counts:
        for response in (*successes.values(), problems[str(int(HTTPStatus.TOO_MANY_REQUESTS))]):
            response["headers"] = response.get("headers", {}) | {name: RESPONSE_HEADERS[name] for name in _LIMITS}
    return dict(sorted((problems | successes).items()))


def _success(response: OperationResponse) -> Json:
    models = tuple(kind for kind in response.content if isinstance(kind, type))
    content: Json = {kind: {"schema": _TEXT} for kind in response.content if isinstance(kind, str)}
    if response.stream:
        content["text/event-stream"] = _json_content((response.stream,))
    if models:
        content["application/json"] = _json_content(models)
    document: Json = {"description": response.description}
    if content:
        document["content"] = content
    if response.headers:
        document["headers"] = {name: RESPONSE_HEADERS[name] for name in response.headers}
    return document


def _problem(status: int, codes: Mapping[str, Json]) -> Json:
    document: Json = {
        "description": "; ".join(f"`{code}`: {example['detail']}" for code, example in codes.items()),
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [
                        {"$ref": _REF.format(model="Problem")},
                        {"properties": {"code": {"enum": list(codes)}}},
                    ]
                },
                "examples": {code: {"value": example} for code, example in codes.items()},
            }
        },
    }
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        document["headers"] = {"Retry-After": RESPONSE_HEADERS["Retry-After"]}
    return document


def _json_content(models: tuple[type[BaseModel], ...]) -> Json:
    references = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    examples = [(model.__name__, model.model_config.get("json_schema_extra")) for model in models]
    content: Json = {"schema": references[0] if len(references) == 1 else {"anyOf": references}}
    values = {
        f"{name} {number}" if number else name: {"value": value}
        for name, extra in examples
        if isinstance(extra, dict)
        for number, value in enumerate(extra["examples"])  # type: ignore[arg-type]
    }
    return content | ({"examples": values} if values else {})


def _schemas(operations: Iterable[Operation]) -> Json:
    modes: dict[type[BaseModel], JsonSchemaMode] = {Problem: "serialization"}
    for operation in operations:
        if operation.body is not None:
            modes[operation.body] = "validation"
        for response in operation.responses.values():
            modes |= {kind: "serialization" for kind in (*response.content, response.stream) if isinstance(kind, type)}
    _, definitions = models_json_schema(list(modes.items()), ref_template=_REF)
    schemas: Json = definitions["$defs"]
    describe_fields(schemas)
    return schemas
