import gzip

from flask import Flask

from webserver.http.problems import answer_problems
from webserver.site.chart_script import chart_script

KEPT_FOR_EVER = "public, max-age=31536000, immutable"


def client():
    app = Flask(__name__)
    app.register_blueprint(chart_script())
    answer_problems(app)
    return app.test_client()


def test_the_address_leads_to_a_hashed_one_that_is_kept_for_ever():
    leads = client().get("/chart-script.js")
    assert (leads.status_code, leads.headers["Cache-Control"]) == (302, "no-cache")
    script = client().get(leads.headers["Location"], headers={"Accept-Encoding": "gzip"})
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert (script.headers["Cache-Control"], script.headers["Content-Encoding"]) == (KEPT_FOR_EVER, "gzip")
    assert b"Plotly" in gzip.decompress(script.data)
    assert len(script.data) < 1_600_000


def test_a_client_that_cannot_decompress_gets_it_plain():
    script = client().get(client().get("/chart-script.js").headers["Location"])
    assert "Content-Encoding" not in script.headers
    assert b"Plotly" in script.data


def test_another_version_s_address_is_not_found():
    answer = client().get("/chart-script/0123456789abcdef.js")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
