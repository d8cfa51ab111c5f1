"""Uploaded numbers with an exponent show their decimal mark."""

import pytest

from ingestion_service.uploads.numbers import find_decimal_mark, parse_number


@pytest.mark.parametrize(
    ("cell", "mark", "number"),
    [
        ("1.5e3", "point", 1500.0),
        ("1,5e3", "comma", 1500.0),
        ("1.234E+2", "point", 123.4),
        ("2,250e-1", "comma", 0.225),
    ],
)
def test_a_number_with_an_exponent_has_a_decimal_mark(cell, mark, number):
    assert find_decimal_mark([cell]) == mark
    assert parse_number(cell, mark) == pytest.approx(number)
