"""The frames of the Python client, and what notebooks show."""

import builtins

import pandas as pd
import pytest

from stockcast_client.core.questions import as_items, as_patterns, given
from stockcast_client.models.generated import CandleSearch, EvaluationRequest, ForecastRequest
from stockcast_client.results.analyses import Evaluation, Insights, PatternSearch
from stockcast_client.results.batch import ForecastBatch, RequestsBatch
from stockcast_client.results.forecast import Forecast
from stockcast_client.results.stocks import Board, PastForecasts, Prices

PNG = "iVBORw0KGgo="
FORECAST = {
    "ticker": "AAPL",
    "target_date": "2013-04-01",
    "verdict": "It may <b>rise</b> & fall.",
    "forecast": [
        {"date": "2013-03-28", "price": 1.0, "lower": 0.5, "upper": 2.0, "quantiles": [1, 2, 3, 4, 5, 6, 7]},
        {"date": "2013-04-01", "price": 1.1, "lower": 0.6, "upper": 2.1},
    ],
    "series": [{"date": "2013-03-01", "close": 9.0}],
    "data": {"source": "sample", "source_name": "<script>", "first": "2003-03-03", "last": "2013-03-01", "stale": True},
    "plot_png_base64": PNG,
}


def test_a_forecast_is_a_frame_by_date():
    frame = Forecast.model_validate(FORECAST).to_frame()
    assert list(frame.columns[:4]) == ["price", "lower", "upper", "q0.025"]
    assert frame.index[-1] == pd.Timestamp("2013-04-01")
    assert frame.loc["2013-03-28", "q0.975"] == 7
    assert Forecast.model_validate(FORECAST).past_to_frame()["close"].tolist() == [9.0]
    assert Forecast.model_validate({"ticker": "AAPL"}).to_frame().empty


def test_a_notebook_shows_the_chart_and_escapes_every_text():
    page = Forecast.model_validate(FORECAST)._repr_html_()
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert "<script>" not in page
    assert "It may &lt;b&gt;rise&lt;/b&gt; &amp; fall." in page
    assert "2003-03-03 to 2013-03-01. These prices are more than a week old. This is not investment advice." in page
    crafted = Forecast.model_validate(FORECAST | {"plot_png_base64": 'x" onerror="alert(1)'})._repr_html_()
    assert "<img" not in crafted
    assert "onerror" not in crafted
    assert "<div>" in Forecast.model_validate({})._repr_html_()


def test_an_evaluation_is_a_frame_by_model():
    models = [{"name": "ets", "label": "<i>", "verdict": "worse", "mae_pct": 1.23456}, {"name": "drift"}]
    found = Evaluation.model_validate({"summary": "None is better.", "models": models})
    assert found.to_frame().loc["ets", "verdict"] == "worse"
    page = found._repr_html_()
    assert "<td>&lt;i&gt;</td><td>worse</td><td>–</td><td>1.235</td>" in page


def test_insights_are_a_frame_of_facts_and_sentences():
    facts = [{"id": "move_day", "value": -4.9, "date": "2026-11-27"}]
    sentences = [{"text": "It <fell>."}]
    found = Insights.model_validate(
        {"facts": facts, "sentences": sentences, "source_name": "Yahoo", "as_of": "2026-11-27"}
    )
    assert found.to_frame().loc["move_day", "value"] == -4.9
    assert "<p>It &lt;fell&gt;.</p>" in found._repr_html_()


def test_a_pattern_search_is_a_frame_of_what_followed_and_one_of_hits():
    followed = [{"days": 5, "hits": 3, "verdict": "too_few"}]
    hits = [{"ticker": "AAPL", "begin": "2012-01-03", "end": "2012-01-04", "known": "2012-01-05", "close": 1.0}]
    pattern = {"name": "G", "summary": "Rare.", "followed": followed, "hits": hits}
    found = PatternSearch.model_validate({"patterns": [pattern], "caveats": ["<c>"]})
    assert found.to_frame().loc["G", "verdict"] == "too_few"
    assert found.hits_to_frame().index[0] == pd.Timestamp("2012-01-05")
    assert "&lt;c&gt;" in found._repr_html_()


def test_prices_the_board_and_the_record_are_frames():
    prices = Prices.model_validate({"prices": [{"time": "2026-11-23T09:30:00-05:00", "close": 1.5}]})
    assert prices.to_frame().index.name == "time"
    board = Board.model_validate({"rows": [{"ticker": "A", "as_of": "2026-11-27", "range_pct_21d": 4.5}]})
    assert board.to_frame().loc["A", "range_pct_21d"] == 4.5
    record = {"number": 7, "ticker": "A", "made_at": "2026-11-27T00:00:00Z", "outcome": {"status": "scored"}}
    assert PastForecasts.model_validate({"forecasts": [record]}).to_frame().loc[7, "outcome_status"] == "scored"


def test_batches_have_typed_results():
    entry = {"ticker": "AAPL", "status": "done", "result": FORECAST | {"interval": {"lower": 1.0}}}
    batch = ForecastBatch.model_validate({"forecasts": [entry | {"request_id": "7"}]})
    assert batch.to_frame().loc["AAPL", "lower"] == 1.0
    assert batch.finished["AAPL"].request_id == "7"
    requests = [
        {"kind": "forecast", "result": FORECAST},
        {"kind": "evaluation", "result": {}},
        {"kind": "new", "result": {}},
    ]
    kinds = [type(each) for each in RequestsBatch.model_validate({"requests": [*requests, {"result": None}]}).results]
    assert kinds == [Forecast, Evaluation, dict, type(None)]


def test_without_pandas_a_frame_is_a_sentence(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "pandas":
            raise ImportError
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install 'stockcast-client\[pandas\]'"):
        Forecast.model_validate(FORECAST).to_frame()


def test_questions_have_only_what_was_given():
    assert given(a=None, b=(1, 2), c=0) == {"b": [1, 2], "c": 0}
    patterns = as_patterns(["G R", CandleSearch(type="candles", candles="hammer", every="week")])
    assert patterns[0] == {"type": "candles", "candles": "G R"}
    assert patterns[1]["every"] == "week"
    items = as_items([ForecastRequest(ticker="A", days=7), EvaluationRequest(ticker="B"), {"kind": "patterns"}])
    assert items == [
        {"kind": "forecast", "ticker": "A", "days": 7},
        {"kind": "evaluation", "ticker": "B"},
        {"kind": "patterns"},
    ]
