"""The drawing of an embedded chart, with ugly series too."""

from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from webserver.embedding.badge import badge
from webserver.embedding.chart import chart
from webserver.embedding.document import document
from webserver.embedding.models import FutureDay, ShownForecast

DAY = date(2026, 11, 27)


def forecast_of(closes, ends, **changes):
    """Return a forecast with one close a day, and a range that is (lower, price, upper) on each day ahead."""
    first = DAY - timedelta(days=len(closes) - 1)
    fields = {
        "ticker": "AAPL",
        "days": len(ends),
        "as_of": DAY,
        "target": DAY + timedelta(days=len(ends)),
        "level": 0.8,
        "currency": "USD",
        "source": "Yahoo",
        "is_stale": False,
        "closes": tuple((first + timedelta(days=number), close) for number, close in enumerate(closes)),
        "ahead": tuple(
            FutureDay(DAY + timedelta(days=number), price, lower, upper)
            for number, (lower, price, upper) in enumerate(ends, 1)
        ),
    }
    return ShownForecast(**fields | changes)


@pytest.mark.parametrize(
    ("closes", "ends"),
    [
        ([100.0, 101.0, 99.0], [(95.0, 100.0, 105.0)]),
        ([5.0], [(5.0, 5.0, 5.0)]),
        ([1e-6, 2e-6], [(1e-7, 2e-6, 1e-5)]),
        ([400_000.0, 620_000.0], [(3.0, 600_000.0, 9e9)]),
    ],
)
def test_every_point_lies_in_the_plot_and_a_price_is_labelled(closes, ends):
    svg = ET.fromstring(chart(forecast_of(closes, ends)))  # noqa: S314 - our own
    places = [
        float(part)
        for line in svg.iter()
        for point in line.attrib.get("points", "").split()
        for part in point.split(",")
    ]
    assert places
    assert all(-0.1 <= place <= 1000.1 for place in places)
    assert sum("text-anchor" not in each.attrib for each in svg.iter("text")) >= 1


def test_texts_of_a_source_are_escaped():
    evil = forecast_of([1.0, 2.0], [(1.0, 1.5, 2.0)], source='<script>"&\x00', currency="<b>")
    for text in (badge("AAPL", 1, evil), document(evil, "auto")):
        assert "<script>" not in text
        assert "<b>" not in text
        assert "\x00" not in text
