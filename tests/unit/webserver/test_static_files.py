"""The page's files and its chart script: compressed once, revalidated or immutable."""

import gzip
from pathlib import Path

import pytest
from flask import Flask

from webserver.http.problems import register_error_handlers
from webserver.site.routes import page

IMMUTABLE = "public, max-age=31536000, immutable"
STYLES = Path("static/styles/answer.css").read_bytes()


@pytest.fixture(scope="module")
def client():
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(page())
    register_error_handlers(app)
    return app.test_client()


def test_file_is_compressed_for_a_client_that_accepts_gzip(client):
    answer = client.get("/static/styles/answer.css", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype, answer.headers["Vary"]) == (200, "text/css", "Accept-Encoding")
    assert gzip.decompress(answer.data) == STYLES


@pytest.mark.parametrize("accepted", [{}, {"Accept-Encoding": "gzip;q=0"}])
def test_file_is_plain_for_a_client_that_refuses_gzip(client, accepted):
    answer = client.get("/static/styles/answer.css", headers=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.data == STYLES


@pytest.mark.parametrize("path", ["/", "/static/styles/answer.css"])
def test_unchanged_file_is_answered_with_304(client, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (first.headers["Cache-Control"], again.status_code, again.data) == ("no-cache", 304, b"")


@pytest.mark.parametrize(
    "path", ["/static/", "/static/nothing.js", "/static/../README.md", "/static/styles/answer.css/x"]
)
def test_unknown_file_is_a_problem(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_chart_script_has_an_immutable_address(client):
    leads = client.get("/chart-script.js")
    assert (leads.status_code, leads.headers["Cache-Control"]) == (302, "no-cache")
    script = client.get(leads.headers["Location"], headers={"Accept-Encoding": "gzip"})
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert (script.headers["Cache-Control"], script.headers["Content-Encoding"]) == (IMMUTABLE, "gzip")
    assert b"Plotly" in gzip.decompress(script.data)
    assert len(script.data) < 500_000


def test_address_of_another_chart_script_is_not_found(client):
    answer = client.get("/chart-script/0123456789abcdef.js")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
