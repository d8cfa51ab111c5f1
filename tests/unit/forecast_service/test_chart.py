"""The layout of the chart: its words, what is in view, and that no text is cut or covered."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from scipy.stats import norm

from common.domain.results import Forecast
from forecast_service.charts.chart import compose
from forecast_service.charts.outcomes import outcomes_of
from forecast_service.charts.panels.dot_plot import stacked
from forecast_service.charts.panels.panel import kept_points
from forecast_service.charts.panels.price_panel import spread
from forecast_service.charts.panels.ticks import MOST_DATES, date_ticks, value_ticks
from forecast_service.charts.style import (
    CARET_DOWN,
    CARET_UP,
    DOT_BELOW,
    END_LABEL_PITCH_PX,
    HEIGHT_PX,
    PREDICTED,
    PROPHET,
    WARM_UP_ALPHA,
    WIDTH_PX,
)
from forecast_service.charts.text import TextLine
from forecast_service.charts.view import MOST_POINTS, change_view, price_view, thinned
from forecast_service.charts.wording import header
from tests.unit.forecast_service.example_forecasts import (
    FLAGS,
    backtest,
    distribution,
    flagged,
    forecast,
    without_backtest,
    without_distribution,
)


def lines_of(shown: Forecast) -> list[TextLine]:
    _, lines = compose(shown)
    return lines


def words(shown: Forecast) -> str:
    return "\n".join(line.text for line in lines_of(shown))


def marks(figure: Figure, marker: str, alpha: float | None) -> int:
    """Count the marks of a kind in the backtest, without its key."""
    lines = [line for line in figure.findobj(Line2D) if line.get_marker() == marker and line.get_alpha() == alpha]
    return sum(np.size(line.get_xdata()) for line in lines if line.get_clip_box())


def height_of_prices(shown: Forecast) -> float:
    grid = np.asarray(compose(shown)[0].findobj(Line2D)[0].get_ydata(), dtype=np.float64)
    return float(np.nanmax(grid) - np.nanmin(grid))


def assert_no_text_is_cut_or_covered(shown: Forecast) -> None:
    lines = lines_of(shown)
    for line in lines:
        left, top, right, bottom = line.box
        assert 0 <= left <= right <= WIDTH_PX, line
        assert 0 <= top <= bottom <= HEIGHT_PX, line
    for one, other in combinations(lines, 2):
        (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = one.box, other.box
        apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
        assert apart, (one, other)


def test_words_give_price_date_source_and_uncertainty():
    shown = words(forecast(32))
    for part in (
        "AAPL: 101.29 USD predicted for Tue 2 Apr 2013",
        "50 % band 91.27 to 112.41, 95 % band 74.10 to 138.46 USD; last close 100.00 USD on Fri 1 Mar 2013",
        "With a probability of 80 %, it may end between 82.35 and 117.80 USD on 2013-03-31; a gain is 52 % likely.",
        "Price (USD)",
        "Median forecast (blend, 12 % Prophet)",
        "50, 80, 95 % bands",
        "80 % interval",
        "Each dot: 1 of 20 equally likely outcomes",
        "9 of 20 outcomes end below the last close",
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
        assert part in shown


@pytest.mark.parametrize(
    "prices", ["379.79 and 487.55 USD", "6.16e-07 and 1.04e+09 USD", "4,123.10 and 5,000.00 (unknown currency)"]
)
def test_summary_line_is_the_whole_first_sentence(prices):
    sentence = f"With a probability of 99.5 %, it may end between {prices} on 2013-04-01; a gain is 51 % likely."
    assert header(forecast(verdict=f"{sentence} Such a range held the price in 15 of 20 tests.")).summary == sentence
    assert header(forecast(verdict=sentence)).summary == sentence


@pytest.mark.parametrize(("level", "bands"), [(0.5, "80 95"), (0.8, "50 95"), (0.95, "50 80"), (0.9, "50 80 95")])
def test_header_names_the_bands_that_the_summary_leaves_out(level, bands):
    interval = forecast().interval.model_copy(update={"level": level})
    named = [part.split()[0] for part in header(forecast(interval=interval)).bounds.split(";")[0].split(", ")]
    assert named == bands.split()
    assert f"{level * 100:g} % interval" in words(forecast(interval=interval)).splitlines()


def test_current_prices_have_no_notice():
    current = forecast().data.model_copy(update={"stale": False})
    assert "Old prices" not in words(forecast(data=current))


@pytest.mark.parametrize("changes", [{}, without_backtest()], ids=["backtest", "none"])
@pytest.mark.parametrize("prophet", [None, 1.05, 1e12])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("days", [1, 30, 365, 10_000])
def test_no_text_is_cut_or_covered_by_another(days, scale, prophet, changes):
    assert_no_text_is_cut_or_covered(forecast(days, scale=scale, prophet=prophet, ticker="WWWWWWWWWWWWWWW", **changes))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("every_day", [True, False])
def test_constant_price_has_whole_labels(scale, every_day):
    assert_no_text_is_cut_or_covered(forecast(scale=scale, swing=0.0, every_day=every_day))


def test_without_backtest_the_prices_take_the_room_of_both_panels():
    short = forecast(**without_backtest())
    assert "too short to test" in words(short)
    assert "Such forecasts in the past" not in words(short)
    assert height_of_prices(short) > 1.4 * height_of_prices(forecast())


def test_caption_counts_independent_tests_where_tests_overlap():
    assert "overlap" not in words(forecast())
    overlapping = forecast(backtest=backtest() | {"overlap": 6.5, "horizon_trading_days": 252})
    assert "as it came (these overlap: 20 are worth about 3)" in words(overlapping)
    assert_no_text_is_cut_or_covered(overlapping)


@pytest.mark.parametrize("calibration", ["too_narrow", "too_wide", "as_said", "too_few_tests", None])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_flags_and_miscalibration_are_written_in_full(count, calibration):
    shown = flagged(count, calibration, ticker="W" * 24, days=365)
    written = " ".join(words(shown).split())
    for flag in FLAGS[:count]:
        assert flag in written
    for miscalibration in ("too_narrow", "too_wide"):
        fault = miscalibration.replace("_", " ")
        sentence = f"Such a range held the price in 15 of 20 tests in the past, so it was {fault}."
        assert (sentence in written) is (calibration == miscalibration)
        assert (f"interval {fault}" in words(shown).splitlines()) is (calibration == miscalibration)
    assert_no_text_is_cut_or_covered(shown)


def test_many_long_warnings_leave_room_for_the_prices():
    data = forecast().data.model_copy(update={"flags": ["Many words " * 60] * 9})
    shown = forecast(data=data)
    assert_no_text_is_cut_or_covered(shown)
    assert height_of_prices(shown) > 150


@pytest.mark.parametrize("model", ["blend", "prophet", "last_price"])
def test_prophet_has_a_second_line_only_beside_another_model(model):
    prophet = None if model == "last_price" else 1.05
    figure, lines = compose(forecast(model=model, prophet=prophet))
    has_line = any(line.get_color() == PROPHET for line in figure.findobj(Line2D))
    assert has_line is (model == "blend")
    assert any("105.00 Prophet" in line.text for line in lines) is (model == "blend")


@pytest.mark.parametrize(
    ("days", "far"), [(30, 1.7), (30, 0.4), *((days, far) for days in (1, 365, 10_000) for far in (1e-90, 1e90, 1e200))]
)
def test_far_prophet_line_leaves_the_view_with_an_arrow(days, far):
    without = price_view(forecast(days, prophet=None))
    low, high = price_view(forecast(days, prophet=far))
    assert np.log(without[1] / without[0]) / np.log(high / low) > 0.55
    arrow = "↑" if far > 1 else "↓"
    assert f"Prophet {arrow}" in words(forecast(days, prophet=far))


def test_near_prophet_line_widens_the_view():
    low, high = price_view(forecast(prophet=1.5))
    assert (low, high) == (price_view(forecast(prophet=None))[0], pytest.approx(150))


def test_wide_view_has_a_logarithmic_scale():
    assert "Price (USD, logarithmic scale)" in words(forecast(days=1500))


def bands(shown: Forecast) -> list[tuple[float, float]]:
    """Return the lowest and the highest point of each band on the last day, in pixels."""
    corners = [np.asarray(patch.get_xy()) for patch in compose(shown)[0].findobj(Polygon)]
    ends = [each[each[:, 0] == each[:, 0].max(), 1] for each in corners]
    return [(float(end.min()), float(end.max())) for end in ends]


@pytest.mark.parametrize("days", [1, 30, 365])
@pytest.mark.parametrize("model", ["blend", "prophet", "last_price"])
def test_bands_are_nested(days, model):
    (low_95, high_95), (low_80, high_80), (low_50, high_50) = bands(forecast(days, model=model))
    assert low_95 < low_80 < low_50 < high_50 < high_80 < high_95


def test_result_of_an_older_version_has_one_band_and_no_dots():
    older = without_distribution()
    assert len(bands(older)) == 1
    assert dots(older) == (0, 0)
    shown = words(older)
    assert "80 % interval 81.74 to 121.95 USD; last close 100.00 USD on Fri 1 Mar 2013" in shown
    assert "Forecast (blend, 12 % Prophet)" in shown.splitlines()
    assert not any(word in shown for word in ("Median", "outcome", "band"))
    assert_no_text_is_cut_or_covered(older)


def dots(shown: Forecast, marker: str | int = "o") -> tuple[int, int]:
    """Count the dots below and above the last close, without those of the key."""
    figure, lines = compose(shown)
    keys = [HEIGHT_PX - line.y for line in lines if "outcomes" in line.text]
    counts = [0, 0]
    for line in figure.findobj(Line2D):
        if line.get_marker() == marker and line.get_markeredgecolor() == PREDICTED and line.get_color() == PREDICTED:
            is_below = line.get_markerfacecolor() == DOT_BELOW["markerfacecolor"]
            counts[0 if is_below else 1] += sum(y not in keys for y in np.asarray(line.get_ydata()))
    return counts[0], counts[1]


@pytest.mark.parametrize("days", [1, 30, 365])
@pytest.mark.parametrize("centre", [0.2, 0.97, 1.0, 1.04, 5.0])
def test_hollow_dots_are_the_outcomes_below_the_last_close(days, centre):
    quantiles = [centre * 100 * 1.05**share for share in (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)]
    shown = forecast(days, distribution=distribution(quantiles, 100.0))
    outcomes = outcomes_of(shown)
    assert outcomes is not None
    below = int((outcomes < shown.last_close).sum())
    assert sum(dots(shown, marker)[0] for marker in ("o", CARET_DOWN)) == below
    assert sum(dots(shown, marker)[1] for marker in ("o", CARET_UP)) == 20 - below
    assert f"{below} of 20 outcomes end" in words(shown)


def test_outcomes_are_at_the_middles_of_twenty_equal_chances():
    percentiles = np.exp(norm.ppf(np.arange(1, 100) / 100)).tolist()
    shown = forecast(distribution={"end": percentiles, "highest": percentiles, "lowest": percentiles})
    assert outcomes_of(shown) == pytest.approx(np.exp(norm.ppf(np.arange(2.5, 100, 5) / 100)))
    assert outcomes_of(without_distribution()) is None


@pytest.mark.parametrize("spread_px", [0.0, 0.5, 5.0, 30.0, 300.0])
@pytest.mark.parametrize("last_close", [-40.0, 100.0, 103.7, 500.0])
@pytest.mark.parametrize("height", [150.0, 330.0])
def test_dots_are_stacked_without_touching_on_their_side_of_the_last_close(spread_px, last_close, height):
    heights = 100 + spread_px * np.linspace(-0.5, 0.5, 20) ** 3
    is_below = heights < last_close
    x, y, pitch = stacked(heights, is_below, last_close, (128.0, height))
    distances = np.hypot(*(np.subtract.outer(each, each) for each in (x, y)))[~np.eye(20, dtype=bool)]
    assert distances.min() >= pitch - 1e-9
    assert x.max() + pitch / 2 <= 128
    assert ((y < last_close) == is_below).all()
    assert np.abs(y - heights).max() <= pitch


def test_outcome_out_of_view_is_a_caret():
    quantiles = [1e-9, 50.0, 90.0, 100.0, 110.0, 200.0, 1e9]
    shown = forecast(distribution=distribution(quantiles, 100.0))
    assert dots(shown, CARET_DOWN)[0] >= 1
    assert dots(shown, CARET_UP)[1] >= 1
    assert_no_text_is_cut_or_covered(shown)


@pytest.mark.parametrize("shape", [np.sqrt, np.square, np.sin, np.zeros_like])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 100, 401])
def test_edge_of_a_band_keeps_its_shape_with_fewer_points(shape, count):
    x = np.linspace(0, 12, count)
    y = 10 * shape(x)
    kept = kept_points(100 * x, y)
    assert {0, count - 1} <= set(kept.tolist())
    assert np.abs(np.interp(x, x[kept], y[kept]) - y).max() < 1
    assert count < 100 or len(kept) < 0.6 * count


def test_hits_and_misses_differ_in_shape_and_warm_up_is_pale():
    figure, _ = compose(forecast())
    assert (marks(figure, "o", 1.0), marks(figure, "X", 1.0)) == (15, 5)
    assert (marks(figure, "o", WARM_UP_ALPHA), marks(figure, "X", WARM_UP_ALPHA)) == (15, 5)


def test_absurd_past_forecasts_leave_the_actual_changes_in_view():
    shown = forecast(backtest=backtest(price=50.0, width=0.9))
    assert shown.backtest
    low, high = change_view(shown.backtest)
    assert low < -2 < 10 < high < 10_000
    narrow = forecast(backtest=backtest(price=50.0, width=0.01))
    assert "forecast out of view" in words(narrow)
    assert narrow.backtest
    assert change_view(narrow.backtest)[1] < 100


@pytest.mark.parametrize("span", [4, 9, 30, 58, 90, 200, 730, 1100, 3650, 10_730])
def test_dates_are_few_and_in_view(span):
    first = 15_800.0
    days, labels = date_ticks(first, first + span)
    assert 2 <= len(days) == len(set(labels)) <= MOST_DATES + 2
    assert first <= days.min() <= days.max() <= first + span


@pytest.mark.parametrize(("low", "high"), [(99.9, 100.1), (1e-6, 1.1e-6), (310.0, 702.0), (-20.0, 20.0)])
def test_values_are_few_and_in_view(low, high):
    values = value_ticks(low, high, 8, logarithmic=False)
    assert 3 <= len(values) <= 9
    assert low <= values.min() <= values.max() <= high


@pytest.mark.parametrize("wanted", [[0, 0, 0, 0], [5, 50, 50.5, 99], [-1e9, 40, 200, 1e9], [98, 99, 100, 100]])
def test_end_labels_keep_their_order_and_distance(wanted):
    heights = spread(np.array(wanted, dtype=float), 0.0, 100.0)
    assert np.all(np.diff(heights) >= END_LABEL_PITCH_PX - 1e-9)
    assert 0 <= heights[0] <= heights[-1] <= 100


def test_thinning_keeps_the_first_and_the_last_point():
    assert thinned([7]) == [7]
    kept = thinned(range(10_000))
    assert (len(kept), kept[0], kept[-1]) == (MOST_POINTS, 0, 9999)
