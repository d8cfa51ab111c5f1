"""The PNG: its size, its words, what is in view, and that no text is cut, covered or taken for mathematics."""

from __future__ import annotations

import gc
import io
import os
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from common.domain.chart_spec import INK, PREDICTED, PROPHET, WARNING, change_view, price_view
from common.domain.results import Forecast
from forecast_service.charts import png as picture
from forecast_service.charts.backtest_panel import PALE
from forecast_service.charts.frame import HEIGHT_PX, WIDTH_PX
from forecast_service.charts.price_panel import LABEL_GAP_PX, spread
from forecast_service.charts.text import TextLine
from forecast_service.charts.ticks import date_ticks, value_ticks

LAST = date(2013, 3, 1)
VERDICT = (
    "Over the last 20 times, forecasts like this were off by 6.8 % on average; simply taking the last price, 6.8 %: "
    "no better than the last price. The 80 % interval held the price 15 times of 20."
)


def forecast(
    days: int = 30,
    *,
    scale: float = 1.0,
    swing: float = 10.0,
    every_day: bool = True,
    prophet: float | None = 1.05,
    model: str = "blend",
    **changes: Any,
) -> Forecast:
    """A forecast whose closes are 100 ± ``swing``; Prophet's line ends at ``prophet`` times the last close."""
    past = [
        {"date": LAST - timedelta(days=n), "close": scale * (100 + swing * np.sin(n / 40))}
        for n in range(729, -1, -1)
        if every_day or (LAST - timedelta(days=n)).weekday() < 5
    ]
    close = past[-1]["close"]
    future = [
        {
            "date": LAST + timedelta(days=n),
            "price": close * 1.0004**n,
            "lower": close * 0.95 * 0.995**n,
            "upper": close * 1.05 * 1.005**n,
            "prophet": prophet and close * prophet ** (n / days),
        }
        for n in range(1, days + 1)
    ]
    end = future[-1]
    values = {
        "ticker": "AAPL",
        "days": days,
        "as_of": LAST,
        "last_close": close,
        "counted_from": LAST,
        "target_date": end["date"],
        "predicted_price": end["price"],
        "currency": "USD",
        "interval": {"level": 0.8, "lower": end["lower"], "upper": end["upper"]},
        "backtest": backtest(scale=scale),
        "verdict": VERDICT,
        "model": {"name": model, "version": "stockcast-3", "prophet_weight": 0.12},
        "data": {
            "source": "sample",
            "rows": 2518,
            "first": date(2003, 3, 3),
            "last": LAST,
            "fetched_at": datetime(2026, 11, 20, tzinfo=UTC),
            "stale": True,
            "version": "0" * 64,
        },
        "series": past,
        "forecast": future,
        "timings_ms": {},
    }
    return Forecast.model_validate(values | changes)


def backtest(*, scale: float = 1.0, price: float = 1.0, width: float = 0.05) -> dict[str, Any]:
    """Forty origins; what came after the scored ones lay inside 15 times."""
    return {
        "origins": 40,
        "scored": 20,
        "overlap": 1.0,
        "horizon_trading_days": 20,
        "mae_pct": 6.8,
        "naive_mae_pct": 6.8,
        "skill": 0.0,
        "coverage": 0.75,
        "direction_hit_rate": None,
        "points": [
            {
                "origin": LAST - timedelta(days=28 * (40 - n)),
                "target": LAST - timedelta(days=28 * (39 - n)),
                "last_close": scale * 100,
                "price": scale * 100 * price,
                "lower": scale * 100 * price * (1 - width),
                "upper": scale * 100 * price * (1 + width),
                "actual": scale * (110 if n % 4 == 0 else 98),
                "prophet_weight": 0.0,
                "scored": n >= 20,
            }
            for n in range(40)
        ],
    }


FLAGS = [
    "The close goes from 400.00 to 100.00 and looks like a split on 2013-01-15; the forecast treats it as a real fall.",
    "No close for 92 days (2012-03-01 to 2012-06-01, the longest of 3 gaps); the forecast treats the move across this "
    "gap as that of a single day.",
    *(
        f"Zero volume on {n} days in a row (2012-08-01 to 2012-09-01); these closes may be no traded prices."
        for n in "345"
    ),
]


def flagged(count: int = 5, calibration: str | None = None, **changes: Any) -> Forecast:
    """A forecast with flags and a judged backtest."""
    plain = forecast(**changes)
    data = plain.data.model_copy(update={"flags": FLAGS[:count]})
    tests = plain.backtest and plain.backtest.model_copy(update={"calibration": calibration})
    return plain.model_copy(update={"data": data, "backtest": tests})


def without_backtest() -> dict[str, Any]:
    return {"backtest": None, "verdict": "The history is too short to test forecasts this far ahead: nothing shows it."}


def texts(asked: Forecast) -> list[TextLine]:
    _, writings = picture.compose(asked)
    return writings


def words(asked: Forecast) -> str:
    return "\n".join(writing.text for writing in texts(asked))


def marks(figure: Figure, marker: str, alpha: float | None) -> int:
    """How many marks of a kind are drawn in the backtest, its key left out."""
    lines = [one for one in figure.findobj(Line2D) if one.get_marker() == marker and one.get_alpha() == alpha]
    return sum(np.size(one.get_xdata()) for one in lines if one.get_clip_box())


def assert_every_text_is_whole_and_alone(asked: Forecast) -> None:
    writings = texts(asked)
    for one in writings:
        left, top, right, bottom = one.box
        assert 0 <= left <= right <= WIDTH_PX, one
        assert 0 <= top <= bottom <= HEIGHT_PX, one
    for one, other in combinations(writings, 2):
        (left, top, right, bottom), (its_left, its_top, its_right, its_bottom) = one.box, other.box
        apart = right <= its_left or its_right <= left or bottom <= its_top or its_bottom <= top
        assert apart, (one, other)


@pytest.mark.parametrize("days", [1, 30, 10_000])
@pytest.mark.parametrize("changes", [{}, without_backtest()], ids=["backtest", "none"])
def test_the_picture_is_a_png_of_at_least_1000_by_600(days, changes):
    image = Image.open(io.BytesIO(picture.draw(forecast(days, **changes))))
    assert image.format == "PNG"
    assert image.width >= 1000
    assert image.height >= 600
    colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    shown = {tuple(bytes.fromhex(colour[1:])) for colour in (INK, PREDICTED, PROPHET, WARNING)}
    assert shown <= colours


def test_the_words_say_what_when_from_where_and_how_sure():
    said = words(forecast(32))
    for part in (
        "AAPL: 101.29 USD predicted for Tue 2 Apr 2013",
        "80 % interval 80.92 to 123.17 USD; last close 100.00 USD on Fri 1 Mar 2013",
        "no better than the last price.",
        "Price (USD)",
        "Forecast (blend, 12 % Prophet)",
        "Prophet alone",
        "Last close",
        "105.00 Prophet",
        "the change within 20 trading days",
        "came inside: 15 of 20",
        "came outside: 5",
        "As of 1 Mar 2013",
        "sample data, public-domain Quandl WIKI",
        "Engine: stockcast-3, model blend",
        "Not investment advice",
        "Old prices",
    ):
        assert part in said


def test_fresh_prices_are_not_called_old():
    fresh = forecast().data.model_copy(update={"stale": False})
    assert "Old prices" not in words(forecast(data=fresh))


@pytest.mark.parametrize("changes", [{}, without_backtest()], ids=["backtest", "none"])
@pytest.mark.parametrize("prophet", [None, 1.05, 1e12])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("days", [1, 30, 365, 10_000])
def test_no_text_is_cut_or_covered_by_another(days, scale, prophet, changes):
    assert_every_text_is_whole_and_alone(
        forecast(days, scale=scale, prophet=prophet, ticker="WWWWWWWWWWWWWWW", **changes)
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("every_day", [True, False])
def test_a_price_that_never_moved_is_drawn(scale, every_day):
    still = forecast(scale=scale, swing=0.0, every_day=every_day)
    assert_every_text_is_whole_and_alone(still)
    assert picture.draw(still)


def test_a_ticker_is_never_taken_for_mathematics():
    asked = forecast(ticker="^A-$X_{2$")
    assert "^A-$X_{2$: " in words(asked)
    assert picture.draw(asked) != picture.draw(forecast(ticker="^A-X_{2"))


def test_a_history_too_short_for_a_backtest_is_said_and_leaves_its_room_to_the_prices():
    asked = forecast(**without_backtest())
    assert "too short to test" in words(asked)
    assert "Such forecasts in the past" not in words(asked)
    whole, half = (picture.compose(one)[0].findobj(Line2D)[0].get_ydata() for one in (asked, forecast()))
    assert max(whole) - min(whole) > 1.4 * (max(half) - min(half))


def test_tests_that_overlap_are_said_to_above_them():
    assert "overlap" not in words(forecast())
    overlapping = forecast(backtest=backtest() | {"overlap": 6.5, "horizon_trading_days": 252})
    assert "as it came (these overlap: 20 are worth about 3)" in words(overlapping)
    assert_every_text_is_whole_and_alone(overlapping)


@pytest.mark.parametrize("calibration", ["too_narrow", "too_wide", "as_said", "too_few_tests", None])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_flags_and_an_interval_that_misled_are_written_whole(count, calibration):
    asked = flagged(count, calibration, ticker="W" * 24, days=365)
    written = " ".join(words(asked).split())
    for flag in FLAGS[:count]:
        assert flag in written
    for judged in ("too_narrow", "too_wide"):
        sentence = f"The 80 % interval was {judged.replace('_', ' ')} in the past: 15 of 20 prices came inside it."
        assert (sentence in written) is (calibration == judged)
        assert (f"interval {judged.replace('_', ' ')}" in words(asked).splitlines()) is (calibration == judged)
    assert_every_text_is_whole_and_alone(asked)


def test_warnings_leave_the_prices_their_room_however_many_and_long_they_are():
    data = forecast().data.model_copy(update={"flags": ["Many words " * 60] * 9})
    asked = forecast(data=data)
    assert_every_text_is_whole_and_alone(asked)
    edges = picture.compose(asked)[0].findobj(Line2D)[0].get_ydata()
    assert max(edges) - min(edges) > 150


@pytest.mark.parametrize("model", ["blend", "prophet", "last_price"])
def test_only_beside_another_model_prophet_has_a_line_of_its_own(model):
    prophet = None if model == "last_price" else 1.05
    figure, writings = picture.compose(forecast(model=model, prophet=prophet))
    beside = any(line.get_color() == PROPHET for line in figure.findobj(Line2D))
    assert beside is (model == "blend")
    assert any("105.00 Prophet" in one.text for one in writings) is (model == "blend")


@pytest.mark.parametrize(
    ("days", "far"), [(30, 1.5), (30, 0.5), *((days, far) for days in (1, 365, 10_000) for far in (1e-90, 1e90, 1e200))]
)
def test_a_far_line_of_prophets_leaves_the_view_and_says_where_to(days, far):
    alone = price_view(forecast(days, prophet=None))
    low, high = price_view(forecast(days, prophet=far))
    closes_and_band = np.log(alone[1] / alone[0]) / np.log(high / low)
    assert closes_and_band > 0.55
    arrow = "↑" if far > 1 else "↓"
    assert f"Prophet {arrow}" in words(forecast(days, prophet=far))
    assert picture.draw(forecast(days, prophet=far))


def test_a_near_line_of_prophets_widens_the_view():
    low, high = price_view(forecast(prophet=1.3))
    assert (low, high) == (price_view(forecast(prophet=None))[0], pytest.approx(130))


def test_hits_and_misses_differ_in_form_and_what_warmed_up_is_pale():
    figure, _ = picture.compose(forecast())
    assert (marks(figure, "o", 1.0), marks(figure, "X", 1.0)) == (15, 5)
    assert (marks(figure, "o", PALE), marks(figure, "X", PALE)) == (15, 5)


def test_absurd_forecasts_of_the_past_do_not_hide_what_came():
    asked = forecast(backtest=backtest(price=50.0, width=0.9))
    assert asked.backtest
    low, high = change_view(asked.backtest)
    assert low < -2 < 10 < high < 10_000
    wild = forecast(backtest=backtest(price=50.0, width=0.01))
    assert "forecast out of view" in words(wild)
    assert wild.backtest
    assert change_view(wild.backtest)[1] < 100


@pytest.mark.parametrize("span", [4, 9, 30, 58, 90, 200, 730, 1100, 3650, 10_730])
def test_dates_are_few_and_in_view(span):
    first = 15_800.0
    days, labels = date_ticks(first, first + span)
    assert 2 <= len(days) == len(set(labels)) <= 11
    assert first <= days.min() <= days.max() <= first + span


@pytest.mark.parametrize(("low", "high"), [(99.9, 100.1), (1e-6, 1.1e-6), (310.0, 702.0), (-20.0, 20.0)])
def test_values_are_few_and_in_view(low, high):
    values = value_ticks(low, high, 8, logarithmic=False)
    assert 3 <= len(values) <= 9
    assert low <= values.min() <= values.max() <= high


@pytest.mark.parametrize("wanted", [[0, 0, 0, 0], [5, 50, 50.5, 99], [-1e9, 40, 200, 1e9], [98, 99, 100, 100]])
def test_labels_beside_the_panel_keep_their_order_and_their_distance(wanted):
    heights = spread(np.array(wanted, dtype=float), 0.0, 100.0)
    assert np.all(np.diff(heights) >= LABEL_GAP_PX - 1e-9)
    assert 0 <= heights[0] <= heights[-1] <= 100


def test_a_picture_knows_nothing_of_the_one_before():
    first = picture.draw(forecast(365))
    picture.draw(forecast(1, scale=1e-6, **without_backtest()))
    assert picture.draw(forecast(365)) == first


def test_a_picture_leaves_no_object_behind():
    asked = forecast(365)

    def objects_after_a_picture() -> int:
        picture.draw(asked)
        gc.collect()
        return len(gc.get_objects())

    counts = [objects_after_a_picture() for _ in range(6)]
    assert counts[-1] - counts[2] < 50  # a figure is hundreds of objects


@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident memory from /proc")
def test_pictures_leave_memory_flat():
    """Pixels go with the picture: so few objects go with them that the garbage collector would come late."""
    asked, pictures = forecast(365), 80

    def resident_after(count: int) -> int:
        for _ in range(count):
            picture.draw(asked)
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    gc.collect()
    gc.disable()
    try:
        before = resident_after(5)
        grown = resident_after(pictures) - before
    finally:
        gc.enable()
    assert grown < 0.3 * pictures * 4 * WIDTH_PX * HEIGHT_PX
