"""The SVG: its words, what is in view, and that no text becomes markup."""

import itertools
import re
from collections import Counter
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from common.domain.chart_spec import INK, MOST_POINTS, PREDICTED, PROPHET, WARNING, caption, thinned
from common.redis.records import Result
from forecast_service.charts.text import width_of
from tests.unit.forecast_service.test_charts import FLAGS, VERDICT, backtest, flagged, forecast, without_backtest
from webserver.forecasts.svg_cache import drawing_of
from webserver.svg.drawing import BOTTOM, LABEL_GAP, TOP, draw_svg
from webserver.svg.frame import LEFT, MARGIN, MOST_DATES, RIGHT, WIDTH, SvgPanel, spread

SVG = "{http://www.w3.org/2000/svg}"


def drawn(made):
    return ET.fromstring(draw_svg(made))  # noqa: S314 - our own drawing, of which nothing else is read


def words(drawing):
    return [line.text for line in drawing.iter(f"{SVG}text")]


def points(drawing, **attributes):
    """The points of the one path with these attributes."""
    (found,) = (
        one
        for one in drawing.iter(f"{SVG}path")
        if all(one.get(name.replace("_", "-")) == value for name, value in attributes.items())
        and one.get("d").count("L") > 20
    )
    return [tuple(map(float, point.split())) for point in re.split("[ML]", found.get("d").removesuffix("Z"))[1:]]


def test_the_words_say_price_date_interval_source_and_level():
    said = words(drawn(forecast(days=30)))
    assert re.fullmatch(r"AAPL: [\d.]+ USD predicted for Sun 31 Mar 2013", said[0])
    assert re.fullmatch(r"80 % interval [\d.]+ to [\d.]+ USD; last close [\d.]+ USD on Fri 1 Mar 2013", said[1])
    assert said[2] == VERDICT.partition(". ")[0] + "."
    assert "Price (USD)" in said
    assert said[-2].startswith("As of 1 Mar 2013 · Source: ")
    assert said[-1].startswith("80 % interval as far as the model knows · Engine: stockcast-3, model blend")
    assert said[-1].endswith("Not investment advice")


def test_everything_is_in_view_and_the_forecast_follows_the_closes():
    drawing = drawn(forecast())
    closes, predicted = points(drawing, stroke="#000000"), points(drawing, stroke=PREDICTED, stroke_width="2")
    prophet = points(drawing, stroke=PROPHET)
    for x, y in (*closes, *predicted, *prophet):
        assert LEFT <= x <= RIGHT
        assert TOP <= y <= BOTTOM
    assert closes[-1] == predicted[0]
    assert predicted[-1][0] > closes[-1][0]


def colours(drawing, name):
    return Counter(one.get("fill") or one.get("stroke") for one in drawing.iter(f"{SVG}{name}"))


def test_past_forecasts_are_below_with_what_came_and_what_they_count():
    drawing = drawn(forecast())
    said = words(drawing)
    assert caption(forecast().backtest) in said
    for entry in ("80 % interval", "came inside: 15 of 20", "came outside: 5", "pale: warm-up, 20", "+10 %", "0 %"):
        assert entry in said
    assert "forecast out of view" not in said
    in_key = 1
    assert colours(drawing, "rect")[PREDICTED] == 40 + in_key
    assert colours(drawing, "path")[WARNING] == 10 + in_key
    assert colours(drawing, "circle")[INK] == 30 + 2 * in_key
    assert sum(one.get("opacity") == "0.35" for one in drawing.iter(f"{SVG}g")) == 20 + in_key
    assert drawing.get("viewBox") == "0 0 1200 800"


@pytest.mark.parametrize("price", [50.0, 0.02])
def test_past_forecasts_that_are_far_away_leave_the_view_and_say_so(price):
    made = forecast(backtest=backtest(price=price, width=0.01))
    assert "forecast out of view" in words(drawn(made))


def test_without_a_backtest_the_picture_ends_below_the_prices():
    drawing = drawn(forecast(**without_backtest()))
    assert not any("in the past" in line for line in words(drawing))
    assert drawing.get("viewBox") == "0 0 1200 608"


@pytest.mark.parametrize("stale", [True, False])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_flags_are_written_above_the_panels_which_move_down(count, stale):
    made = flagged(count, "too_narrow")
    made = made.model_copy(update={"data": made.data.model_copy(update={"stale": stale})})
    drawing = drawn(made)
    said = words(drawing)
    written = " ".join(said)
    for flag in FLAGS[:count]:
        assert flag in written
        assert flag in drawing.find(f"{SVG}desc").text
    assert "The 80 % interval was too narrow in the past: 15 of 20 prices came inside it." in said
    assert "interval too narrow" in said
    warnings = [line for line in drawing.iter(f"{SVG}text") if line.get("fill") == WARNING]
    lowest = max(float(line.get("y")) for line in warnings if line.text != "interval too narrow")
    lower = float(drawing.get("viewBox").split()[-1]) - 800
    shifted = [group for group in drawing if group.get("transform") == f"translate(0 {lower:g})"]
    assert bool(shifted) is (lower > 0)
    assert lowest + 20 <= TOP - 18 + lower


@pytest.mark.parametrize("ticker", ["W" * 24, "NIFTY_FIN_SERVICE.NS", "A"])
def test_a_long_title_is_written_smaller(ticker):
    title = next(drawn(forecast(ticker=ticker, scale=1e6)).iter(f"{SVG}text"))
    size = float(title.get("font-size"))
    assert 14 <= size <= 24
    assert width_of(title.text, int(size), bold=True) <= WIDTH - 2 * MARGIN
    assert size == 24 or ticker != "A"


def test_prophet_alone_has_no_second_line_and_no_joint_with_the_last_close():
    drawing = drawn(forecast(model="prophet"))
    assert not any(line == "Prophet alone" for line in words(drawing))
    with pytest.raises(ValueError, match="not enough values"):
        points(drawing, stroke=PROPHET)


def test_a_line_of_prophet_that_is_far_away_leaves_the_view_and_says_so():
    said = words(drawn(forecast(prophet=50.0)))
    assert any(line.endswith("Prophet ↑") for line in said)


def test_a_wide_view_is_logarithmic_and_says_so():
    assert "Price (USD, logarithmic scale)" in words(drawn(forecast(days=1500)))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
@pytest.mark.parametrize("days", [1, 2, 30, 3650])
def test_every_scale_and_horizon_is_drawn_with_ticks(scale, days):
    drawing = drawn(forecast(days=days, scale=scale))
    assert len(words(drawing)) > 12
    assert all(float(line.get("x")) < WIDTH for line in drawing.iter(f"{SVG}text"))
    assert len(draw_svg(forecast(days=days, scale=scale))) < 60_000


def test_no_text_becomes_markup():
    evil = 'x"><script>alert(1)</script>&\x00\x1b]]>'
    made = forecast().model_copy(update={"ticker": evil, "verdict": evil, "currency": evil})
    drawing = drawn(made)
    names = {one.tag.removeprefix(SVG) for one in drawing.iter()}
    assert names == {"svg", "title", "desc", "clipPath", "rect", "g", "path", "circle", "text"}
    assert words(drawing)[0].startswith('x"><script>alert(1)</script>&]]>: ')


@pytest.mark.parametrize("days", [0, 1, 9, 40, 400, 4000, 11_000])
def test_dates_on_the_axis_are_few_and_in_view(days):
    first = date(2013, 3, 1)
    frame = SvgPanel(first, first + timedelta(days=days), 1.0, 2.0, TOP, BOTTOM)
    ticks = [day for day, _ in frame.date_ticks()]
    assert len(ticks) <= MOST_DATES + 1
    assert all(frame.first <= day <= frame.last for day in ticks)
    assert days in {0, 1} or len(ticks) >= 2


@pytest.mark.parametrize(("low", "high"), [(99.0, 101.0), (3e-4, 4e-4), (1.0, 1000.0), (1e-3, 1e9), (5.0, 5.0)])
def test_prices_on_the_axis_are_few_round_and_in_view(low, high):
    ticks = SvgPanel(date(2013, 3, 1), date(2013, 3, 2), low, high, TOP, BOTTOM).value_ticks()
    assert 1 <= len(ticks) <= 10
    assert all(low * 0.999 <= tick <= high * 1.001 for tick in ticks)


def test_labels_do_not_touch():
    placed = spread([560.0, 555.0, 300.0, 299.0], LABEL_GAP, TOP, BOTTOM)
    assert all(above <= below - LABEL_GAP for below, above in itertools.pairwise(placed))


def test_thinning_keeps_the_ends():
    assert thinned([7]) == [7]
    kept = thinned(range(10_000))
    assert (len(kept), kept[0], kept[-1]) == (MOST_POINTS, 0, 9999)


def test_an_svg_is_drawn_once_for_each_result(monkeypatch):
    drawn = []
    monkeypatch.setattr("webserver.forecasts.svg_cache.draw_svg", lambda made: drawn.append(made) or draw_svg(made))
    results = [Result(forecast(days=days).model_dump_json().encode(), b"png") for days in (30, 31)]
    first = drawing_of(results[0])
    assert drawing_of(results[0]) is drawing_of(Result(results[0].body, b"png")) is first
    assert first.plain == draw_svg(forecast(days=30))
    assert drawing_of(results[1]).plain == draw_svg(forecast(days=31))
    assert len(drawn) == 2
