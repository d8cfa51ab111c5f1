"""The files of the chart: a PNG and an SVG of the same drawing, safe to show and equal for equal forecasts."""

from __future__ import annotations

import gc
import gzip
import io
import os
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from common.domain.results import Forecast
from forecast_service.charts.chart import compose, draw_chart
from forecast_service.charts.style import HEIGHT_PX, INK, LAST_CLOSE, PREDICTED, PROPHET, WARNING, WIDTH_PX
from tests.unit.forecast_service.example_forecasts import (
    FLAGS,
    backtest,
    flagged,
    forecast,
    without_backtest,
    without_distribution,
)

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "title", "desc", "defs", "clipPath", "rect", "g", "path", "use", "text"}


def svg_text(shown: Forecast) -> str:
    return gzip.decompress(draw_chart(shown).svg_gzip).decode()


def svg_of(shown: Forecast) -> ET.Element:
    return ET.fromstring(svg_text(shown))  # noqa: S314 - our own drawing


def svg_words(svg: ET.Element) -> list[str | None]:
    return [line.text for line in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("days", [1, 30, 10_000])
@pytest.mark.parametrize("changes", [{}, without_backtest()], ids=["backtest", "none"])
def test_png_has_its_size_and_every_colour(days, changes):
    image = Image.open(io.BytesIO(draw_chart(forecast(days, **changes)).png))
    assert (image.format, image.size) == ("PNG", (1200, 800))
    colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert {tuple(bytes.fromhex(colour[1:])) for colour in (INK, PREDICTED, PROPHET, WARNING)} <= colours


@pytest.mark.parametrize("days", [30, 3650])
def test_the_palette_of_the_png_changes_areas_by_nothing_and_edges_by_little(days, monkeypatch):
    with_palette = Image.open(io.BytesIO(draw_chart(forecast(days)).png))
    monkeypatch.setattr("forecast_service.charts.rendering.with_palette", lambda image: image)
    without = Image.open(io.BytesIO(draw_chart(forecast(days)).png))
    assert (with_palette.mode, without.mode) == ("P", "RGB")
    before, after = (np.asarray(image.convert("RGB")).astype(int) for image in (without, with_palette))
    change = np.abs(after - before).max(axis=2)
    assert change.mean() < 0.5
    assert (change > 24).sum() < 100
    assert (after[(before == 255).all(axis=2)] == 255).all()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("days", [1, 30, 3650])
def test_svg_has_the_words_of_the_png_as_text(days, scale):
    shown = forecast(days, scale=scale)
    svg = svg_of(shown)
    _, lines = compose(shown)
    assert svg_words(svg) == [line.text for line in lines]
    assert svg.get("viewBox") == f"0 0 {WIDTH_PX} {HEIGHT_PX}"
    assert all(0 <= float(line.get("x", -1)) < WIDTH_PX for line in svg.iter(f"{SVG}text"))


def test_svg_has_the_colours_of_the_png():
    text = svg_text(forecast()).lower()
    for colour in (INK, PREDICTED, PROPHET, LAST_CLOSE, WARNING):
        assert f'stroke="{colour.lower()}"' in text or f'fill="{colour.lower()}"' in text


def test_svg_has_an_accessible_name_and_description():
    shown = flagged(5, "too_narrow")
    svg = svg_of(shown)
    title, description = svg.findtext(f"{SVG}title") or "", svg.findtext(f"{SVG}desc") or ""
    assert svg.get("role") == "img"
    assert title.startswith("AAPL: 101.21 USD predicted for")
    assert shown.verdict in description
    assert all(flag in description for flag in FLAGS)
    assert "50 % band 91.65 to 111.76, 95 % band 75.15 to 136.29 USD" in description
    assert "9 of 20 outcomes end below the last close." in description


def test_bands_differ_without_their_colours():
    image = Image.open(io.BytesIO(draw_chart(forecast(365, prophet=None)).png)).convert("L")
    column = np.asarray(image)[200:480, 850]
    shades = sorted({int(shade) for shade in column if (column == shade).sum() >= 10})
    assert len(shades) == 3
    assert min(np.diff([*shades, 255])) >= 20


def test_older_result_is_drawn():
    assert draw_chart(without_distribution()).png
    assert "outcomes" not in svg_text(without_distribution())


@pytest.mark.parametrize("price", [0.02, 1.0, 50.0])
def test_svg_needs_no_style_sheet_and_no_script(price):
    svg = svg_of(forecast(ticker="^A-$X_{2$", prophet=50.0, backtest=backtest(price=price, width=0.01)))
    assert {one.tag.removeprefix(SVG) for one in svg.iter()} <= SHAPES
    assert not [name for one in svg.iter() for name in one.attrib if name == "style" or name.startswith("on")]


def test_svg_escapes_text():
    evil = 'x"><script>alert(1)</script>&\x00\x1b]]>'
    svg = svg_of(forecast().model_copy(update={"ticker": evil, "verdict": evil, "currency": evil}))
    assert {one.tag.removeprefix(SVG) for one in svg.iter()} <= SHAPES
    assert (svg_words(svg)[0] or "").startswith('x"><script>alert(1)</script>&]]>: ')


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
@pytest.mark.parametrize("days", [1, 2, 30, 3650])
def test_svg_is_small(days, scale):
    assert len(draw_chart(forecast(days, scale=scale)).svg_gzip) < 20_000


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("every_day", [True, False])
def test_constant_price_is_drawn(scale, every_day):
    assert draw_chart(forecast(scale=scale, swing=0.0, every_day=every_day)).png


@pytest.mark.parametrize("far", [1e-90, 1e90, 1e200])
def test_far_prophet_line_is_drawn(far):
    assert draw_chart(forecast(365, prophet=far)).png


def test_ticker_is_never_read_as_a_formula():
    shown = forecast(ticker="^A-$X_{2$")
    assert (svg_words(svg_of(shown))[0] or "").startswith("^A-$X_{2$: ")
    assert draw_chart(shown).png != draw_chart(forecast(ticker="^A-X_{2")).png


def test_chart_does_not_depend_on_the_one_before():
    first = draw_chart(forecast(365))
    draw_chart(forecast(1, scale=1e-6, **without_backtest()))
    assert draw_chart(forecast(365)) == first


def test_chart_leaves_no_object_behind():
    shown = forecast(365)

    def objects_after_a_chart() -> int:
        draw_chart(shown)
        gc.collect()
        return len(gc.get_objects())

    counts = [objects_after_a_chart() for _ in range(6)]
    assert counts[-1] - counts[2] < 50  # a figure is hundreds of objects


@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident memory from /proc")
def test_charts_leave_memory_flat_without_garbage_collection():
    shown, charts = forecast(365), 80

    def resident_after(count: int) -> int:
        for _ in range(count):
            draw_chart(shown)
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    gc.collect()
    gc.disable()
    try:
        before = resident_after(5)
        grown = resident_after(charts) - before
    finally:
        gc.enable()
    assert grown < 0.3 * charts * 4 * WIDTH_PX * HEIGHT_PX
