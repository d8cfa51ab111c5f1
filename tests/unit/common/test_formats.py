"""Prices as people read them."""

from __future__ import annotations

import pytest

from common.domain.formats import format_change, format_named_price, format_price


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0.00"),
        (1.616e-20, "1.62e-20"),
        (1e-8, "0.00000001"),
        (0.00001234, "0.00001234"),
        (0.00040137909, "0.0004014"),
        (0.012345678, "0.01235"),
        (0.5, "0.50"),
        (0.99999, "1.00"),
        (1.0, "1.00"),
        (4321.0, "4,321.00"),
        (624_000.5, "624,000.50"),
        (1e9, "1,000,000,000.00"),
        (1e15, "1.00e+15"),
        (1.5e300, "1.50e+300"),
    ],
)
def test_a_price_is_written_as_on_the_page(value, written):
    assert format_price(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(450.0, "450.00"), (1.1049, "1.1049"), (1234.5678, "1,234.5678"), (0.0005, "0.0005")]
)
def test_a_named_price_keeps_its_digits(value, written):
    assert format_named_price(value) == written


@pytest.mark.parametrize(
    ("percent", "written"), [(0.41, "+0.41 %"), (-0.3, "−0.30 %"), (-0.004, "0.00 %"), (12.345, "+12.35 %")]
)
def test_a_change_is_written_as_on_the_page(percent, written):
    assert format_change(percent) == written
