"""The description is made of the routes: none is missing, every code is there, every example is of its schema."""

import json

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator

from common.domain.errors import FAILURES_BY_CODE
from webserver.app import create_app
from webserver.http.problems import STATUS
from webserver.openapi.description import description
from webserver.settings import WebSettings


@pytest.fixture(scope="module")
def said():
    return json.loads(json.dumps(description(create_app(WebSettings(redis_url="redis://127.0.0.1:1/0")))))


def operations(said):
    return [
        (path, method, operation) for path, methods in said["paths"].items() for method, operation in methods.items()
    ]


def test_every_route_is_described_with_a_summary_and_a_name_of_its_own(said):
    summaries = [operation["summary"] for _, _, operation in operations(said)]
    names = [operation["operationId"] for _, _, operation in operations(said)]
    assert all(summaries)
    assert len(names) == len(set(names))
    assert said["openapi"] == "3.1.0"
    assert all(path.startswith("/api/v1/") for path in said["paths"])
    assert {"/api/v1/forecasts", "/api/v1/batches/{batch_id}", "/api/v1/prices/{ticker}"} < set(said["paths"])
    assert {tag for _, _, operation in operations(said) for tag in operation["tags"]} == {
        tag["name"] for tag in said["tags"]
    }


def test_a_route_that_says_nothing_of_itself_is_a_mistake():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/secret", view_func=lambda: "x")
    with pytest.raises(LookupError, match="not described"):
        description(app)


def test_every_code_is_said_where_it_is_answered(said):
    where = {
        (code, int(status))
        for _, _, operation in operations(said)
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert {(code, int(STATUS[code])) for code in FAILURES_BY_CODE} <= where
    assert {("invalid_request", status) for status in (400, 403, 413, 414, 431)} <= where


def test_every_example_is_of_its_schema(said):
    checked = 0
    for _, _, operation in operations(said):
        for answer in [*operation["responses"].values(), operation.get("requestBody", {})]:
            for content in answer.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    schema = content["schema"] | {"components": said["components"]}
                    Draft202012Validator(schema).validate(example["value"])
                    checked += 1
    assert checked > 50


def test_every_model_field_parameter_and_tag_has_a_description(said):
    models = said["components"]["schemas"]
    fields = [
        (model, name, field) for model, schema in models.items() for name, field in schema.get("properties", {}).items()
    ]
    parameters = [
        (path, one["name"], one) for path, _, operation in operations(said) for one in operation["parameters"]
    ]
    headers = [
        (path, name, header)
        for path, _, operation in operations(said)
        for answer in operation["responses"].values()
        for name, header in answer.get("headers", {}).items()
    ]
    assert [model for model, schema in models.items() if not schema.get("description")] == []
    assert [(where, name) for where, name, one in [*fields, *parameters, *headers] if not one.get("description")] == []
    assert all(tag["description"] for tag in said["tags"])
    assert len(fields) > 100


def test_the_cost_of_reading_is_described_where_it_counts(said):
    search = said["paths"]["/api/v1/tickers"]["get"]["responses"]
    assert "429" in search
    assert "RateLimit" in search["200"]["headers"]
    assert "429" not in said["paths"]["/api/v1/tickers/{ticker}"]["get"]["responses"]


def test_bodies_say_their_bounds(said):
    for name in ("ForecastRequest", "BatchRequest"):
        fields = said["components"]["schemas"][name]["properties"]
        assert (fields["days"]["type"], fields["days"]["minimum"], fields["days"]["maximum"]) == ("integer", 1, 10_000)
        assert (fields["level"]["minimum"], fields["level"]["maximum"], fields["level"]["default"]) == (0.5, 0.99, 0.8)
    assert (fields["tickers"]["minItems"], fields["tickers"]["maxItems"]) == (1, 100)


def test_parameters_say_their_grammar(said):
    (ticker,) = said["paths"]["/api/v1/tickers/{ticker}"]["get"]["parameters"]
    assert ticker["schema"]["pattern"]
    prices = {one["name"]: one for one in said["paths"]["/api/v1/prices/{ticker}"]["get"]["parameters"]}
    assert set(prices) == {"ticker", "start", "end", "format", "interval", "If-None-Match"}
    assert prices["start"]["schema"] == {"type": "string", "format": "date"}
    assert prices["format"]["schema"]["enum"] == ["json", "csv"]


def test_a_summary_is_a_plain_order(said):
    verbs = {"Ask", "Cancel", "Fetch", "List", "Remove", "Request", "Return", "Stream"}
    assert {operation["summary"].split()[0] for _, _, operation in operations(said)} <= verbs


@pytest.mark.parametrize("phrase", ["What is said", "How far", "may mean", "Give up", "warm up", "perhaps"])
def test_no_text_of_the_description_needs_decoding(said, phrase):
    assert phrase not in json.dumps(said)
