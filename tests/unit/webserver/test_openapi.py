"""The API's description has every route and every error code, and valid examples."""

import json

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator

from common.domain.errors import FAILURES_BY_CODE
from webserver.access.policy import AccessPolicy
from webserver.app import create_app
from webserver.http.problems import STATUS
from webserver.openapi.description import description
from webserver.settings import WebSettings


@pytest.fixture(scope="module")
def document():
    return json.loads(
        json.dumps(description(create_app(WebSettings(redis_url="redis://127.0.0.1:1/0")), AccessPolicy()))
    )


def operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_has_a_summary_and_a_unique_name(document):
    summaries = [operation["summary"] for _, _, operation in operations(document)]
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert all(summaries)
    assert len(names) == len(set(names))
    assert document["openapi"] == "3.1.0"
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert {"/api/v1/forecasts", "/api/v1/batches/{batch_id}", "/api/v1/prices/{ticker}"} < set(document["paths"])
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} == {
        tag["name"] for tag in document["tags"]
    }


def test_a_route_without_a_description_raises():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/secret", view_func=lambda: "x")
    with pytest.raises(LookupError, match="not described"):
        description(app, AccessPolicy())


def test_every_error_code_is_described_by_an_operation(document):
    where = {
        (code, int(status))
        for _, _, operation in operations(document)
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    within_insights = {"language_model_unavailable", "language_model_over_budget", "model_text_refused"}
    assert {(code, int(STATUS[code])) for code in FAILURES_BY_CODE.keys() - within_insights} <= where
    assert {("invalid_request", status) for status in (400, 403, 413, 414, 431)} <= where


def test_every_example_matches_its_schema(document):
    checked = 0
    for _, _, operation in operations(document):
        for answer in [*operation["responses"].values(), operation.get("requestBody", {})]:
            for content in answer.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    schema = content["schema"] | {"components": document["components"]}
                    Draft202012Validator(schema).validate(example["value"])
                    checked += 1
    assert checked > 50


def test_every_model_field_parameter_and_tag_has_a_description(document):
    models = document["components"]["schemas"]
    fields = [
        (model, name, field) for model, schema in models.items() for name, field in schema.get("properties", {}).items()
    ]
    parameters = [
        (path, one["name"], one) for path, _, operation in operations(document) for one in operation["parameters"]
    ]
    headers = [
        (path, name, header)
        for path, _, operation in operations(document)
        for answer in operation["responses"].values()
        for name, header in answer.get("headers", {}).items()
    ]
    assert [model for model, schema in models.items() if not schema.get("description")] == []
    assert [(where, name) for where, name, one in [*fields, *parameters, *headers] if not one.get("description")] == []
    assert all(tag["description"] for tag in document["tags"])
    assert len(fields) > 100


def test_reads_that_count_describe_429(document):
    search = document["paths"]["/api/v1/tickers"]["get"]["responses"]
    assert "429" in search
    assert "RateLimit" in search["200"]["headers"]
    assert "429" not in document["paths"]["/api/v1/tickers/{ticker}"]["get"]["responses"]


def test_bodies_describe_their_limits(document):
    for name in ("ForecastRequest", "BatchRequest"):
        fields = document["components"]["schemas"][name]["properties"]
        assert (fields["days"]["type"], fields["days"]["minimum"], fields["days"]["maximum"]) == ("integer", 1, 10_000)
        assert (fields["level"]["minimum"], fields["level"]["maximum"], fields["level"]["default"]) == (0.5, 0.99, 0.8)
    assert (fields["tickers"]["minItems"], fields["tickers"]["maxItems"]) == (1, 100)


def test_parameters_describe_their_format(document):
    (ticker,) = document["paths"]["/api/v1/tickers/{ticker}"]["get"]["parameters"]
    assert ticker["schema"]["pattern"]
    prices = {one["name"]: one for one in document["paths"]["/api/v1/prices/{ticker}"]["get"]["parameters"]}
    assert set(prices) == {"ticker", "start", "end", "format", "interval", "If-None-Match"}
    assert prices["start"]["schema"] == {"type": "string", "format": "date"}
    assert prices["format"]["schema"]["enum"] == ["json", "csv"]


def test_a_summary_begins_with_a_verb(document):
    verbs = {
        *("Add", "Ask", "Cancel", "Change", "Create", "Delete", "Fetch", "List"),
        *("Remove", "Rename", "Request", "Return", "Revoke", "Share", "Stop", "Store", "Stream"),
    }
    assert {operation["summary"].split()[0] for _, _, operation in operations(document)} <= verbs


@pytest.mark.parametrize("phrase", ["What is document", "How far", "may mean", "Give up", "warm up", "perhaps"])
def test_no_text_of_the_description_has_a_banned_phrase(document, phrase):
    assert phrase not in json.dumps(document)
