"""Charts for frames and badges: what they show, to whom, how long caches keep them, and what work they start."""

import json
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import pytest

from common.redis.requests.results import Result
from common.redis.stores import RedisStores
from test_support.waiting import until
from tests.integration.common.test_tcp import serving
from tests.integration.webserver.test_api import NOWHERE, client_of, finishing, leave
from webserver.app import create_app
from webserver.embedding import shown_forecasts
from webserver.schemas import FinishedForecast
from webserver.settings import WebSettings

STORED = FinishedForecast.model_json_schema()["examples"][0]
RESULT = Result(json.dumps(STORED).encode(), b"\x89PNG picture")
SVG = "{http://www.w3.org/2000/svg}"


@contextmanager
def serving_embeds(redis_url, ingestion=NOWHERE, **settings):
    app = create_app(WebSettings(redis_url=redis_url, ingestion_address=ingestion, **settings))
    with app.test_client() as client:
        yield client


@pytest.fixture
def seen():
    """The orders that reached ingestion."""
    return []


@pytest.fixture
def client(redis_stores, redis_url, seen):
    """A client of a server whose forecasts are finished at once."""
    with serving(finishing(redis_stores, seen, RESULT)) as ingestion, client_of(redis_url, ingestion) as client:
        yield client


def test_a_badge_has_the_range_in_its_text_and_the_sentence_in_its_title(client):
    client.get("/badge/AAPL.svg?days=30")
    answer = client.get("/badge/AAPL.svg?days=30")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    svg = ET.fromstring(answer.text)  # noqa: S314 - our own
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["AAPL, 30 days", "379.79 to 487.55 USD (80 %)"]
    title = svg.findtext(f"{SVG}title")
    assert title == svg.attrib["aria-label"]
    assert title.startswith(
        "AAPL: 379.79 to 487.55 USD (80 %), 30 days ahead, to Mon 1 Apr 2013, from the close of Fri 1"
    )


def test_a_badge_without_a_forecast_is_pending_for_a_short_time(redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.get("/badge/AAPL.svg")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=5")
        assert "being made" in answer.text


def test_caches_keep_a_badge_and_revalidate_it(client):
    client.get("/badge/AAPL.svg")
    first = client.get("/badge/AAPL.svg")
    again = client.get("/badge/AAPL.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code, again.data) == ("public, max-age=600", 304, b"")
    assert "Set-Cookie" not in first.headers
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_many_views_start_one_forecast(client, seen):
    for _ in range(20):
        client.get("/badge/AAPL.svg")
        client.get("/embed/AAPL?theme=dark")
    assert len(seen) == 1


def test_an_old_forecast_stays_until_the_next_one_is_finished(client, seen, monkeypatch):
    for _ in range(2):
        client.get("/badge/AAPL.svg")
    monkeypatch.setattr(shown_forecasts, "RENEWED_AFTER_S", -1.0)
    texts = {client.get("/badge/AAPL.svg").text for _ in range(3)}
    assert len(texts) == 1
    assert "379.79" in texts.pop()


@pytest.mark.parametrize(("dropped_after_s", "shown"), [(86_400.0, "379.79"), (-1.0, "being made")])
def test_a_forecast_that_is_being_renewed_is_cached_briefly_and_not_shown_for_ever(
    redis_client, redis_url, monkeypatch, dropped_after_s, shown
):
    seen, redis_stores = [], RedisStores.of(redis_client)
    finish = finishing(redis_stores, seen, RESULT)

    async def finish_the_first(order):
        return await (leave(order) if seen else finish(order))

    with serving(finish_the_first) as ingestion, client_of(redis_url, ingestion) as client:
        monkeypatch.setattr(shown_forecasts, "RENEWED_AFTER_S", -1.0)
        monkeypatch.setattr(shown_forecasts, "DROPPED_AFTER_S", dropped_after_s)
        until(lambda: client.get("/badge/AAPL.svg").headers["Cache-Control"] == "public, max-age=600")
        redis_client.flushall()  # so that the newer forecast is no known result
        answer = client.get("/badge/AAPL.svg")
        assert answer.headers["Cache-Control"] == "public, max-age=5"
        assert shown in answer.text
        assert "max-age=5" in client.get("/embed/AAPL").headers["Cache-Control"]


def test_views_beyond_the_limit_start_no_work(redis_stores, redis_url, seen):
    with (
        serving(finishing(redis_stores, seen, RESULT)) as ingestion,
        serving_embeds(redis_url, ingestion, embed_forecasts="2/hour") as client,
    ):
        answers = [client.get(f"/badge/AAPL.svg?days={days}") for days in (30, 31, 32, 33)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert len(seen) == 2
        assert answers[-1].headers["Cache-Control"] == "no-store"
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert client.get("/badge/AAPL.svg?days=30").status_code == 200, "what is there is shown"


@pytest.mark.parametrize(("setting", "status"), [("public_embeds", 403), ("public_read", 200)])
def test_uploaded_prices_are_shown_to_those_only_who_may_read_them(redis_stores, redis_url, tmp_path, setting, status):
    seen, settings = [], {setting: "on"}
    uploaded = STORED | {"data": STORED["data"] | {"source": "upload"}}
    result = Result(json.dumps(uploaded).encode(), b"\x89PNG picture")
    url = f"sqlite:///{tmp_path / 'accounts.sqlite'}"
    with (
        serving(finishing(redis_stores, seen, result)) as ingestion,
        serving_embeds(redis_url, ingestion, auth="on", database_url=url, **settings) as client,
    ):
        until(lambda: "being made" not in client.get("/badge/AAPL.svg").text)
        for path in ("/badge/AAPL.svg", "/embed/AAPL"):
            answer = client.get(path)
            assert answer.status_code == status
            assert ("379.79" in answer.text) == (status == 200)
        assert len(seen) == 1


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/badge/A%3CB.svg", 400, "invalid ticker"),
        ("/badge/AAPL.svg?days=0", 400, "invalid days"),
        ("/badge/AAPL.svg?days=x", 400, "invalid days"),
        ("/badge/AAPL.svg?colour=%22onload%3Dx", 400, "invalid request"),
        ("/badge/AAPL.svg?days=1&days=2", 400, "invalid request"),
    ],
)
def test_a_mistake_is_a_small_svg_with_its_status(client, path, status, text):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "image/svg+xml")
    svg = ET.fromstring(answer.text)  # noqa: S314 - our own
    assert list(svg.iter(f"{SVG}text"))[1].text == text
    assert len(answer.data) < 1500


def test_an_embedded_chart_is_one_document_without_scripts_or_cookies(client):
    client.get("/embed/AAPL?days=30")
    answer = client.get("/embed/AAPL?days=30&theme=dark")
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    for part in ("AAPL", "379.79 to 487.55 USD", "Mon 1 Apr 2013", STORED["data"]["source_name"], 'class="dark"'):
        assert part in answer.text
    assert 'href="../?ticker=AAPL&amp;days=30"' in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_a_chart_that_is_being_made_loads_itself_again(redis_url):
    with serving(leave) as ingestion, client_of(redis_url, ingestion) as client:
        answer = client.get("/embed/AAPL")
        assert '<meta http-equiv="refresh" content="5">' in answer.text


def test_only_chosen_pages_may_frame_a_chart_and_none_another_page(redis_url):
    with serving_embeds(redis_url, embed_ancestors="https://*.example.com  'self'") as client:
        policy = client.get("/embed/A%3CB").headers["Content-Security-Policy"]
        assert "frame-ancestors https://*.example.com 'self';" in policy
        for path in ("/", "/badge/AAPL.svg", "/api/docs", "/track-record"):
            answer = client.get(path)
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("wrong", ["", "https://a.example; script-src *", "'none' *", "a,b", "javascript:x", "*\n*;"])
def test_a_wrong_list_of_framing_pages_is_refused_at_the_start(wrong):
    with pytest.raises(ValueError, match="embed_ancestors"):
        WebSettings(embed_ancestors=wrong)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 403),
        ({"public_read": "on"}, 200),
        ({"public_embeds": "on"}, 200),
        ({"public_read": "on", "public_embeds": "off"}, 403),
    ],
)
def test_with_accounts_a_setting_decides_and_credentials_do_not(redis_url, tmp_path, settings, status):
    url = f"sqlite:///{tmp_path / 'accounts.sqlite'}"
    with (
        serving(leave) as ingestion,
        serving_embeds(redis_url, ingestion, auth="on", database_url=url, **settings) as client,
    ):
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            assert client.get("/badge/AAPL.svg", headers=headers).status_code == status
            assert client.get("/embed/AAPL", headers=headers).status_code == status
