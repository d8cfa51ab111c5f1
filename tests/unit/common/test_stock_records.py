"""The sentence about the recorded forecasts of a stock."""

from __future__ import annotations

import pytest

from common.domain.horizons import horizon_group
from common.domain.stock_records import StockRecord

MONTH, YEARS = horizon_group(30), horizon_group(1000)


@pytest.mark.parametrize(
    ("record", "horizon", "words"),
    [
        (
            StockRecord(forecasts=34, inside_80=27),
            MONTH,
            "Of 34 forecasts of AAPL about a month ahead that came due, the 80 % range held 27 (79 %).",
        ),
        (
            StockRecord(forecasts=1, inside_80=1),
            MONTH,
            "Of 1 forecast of AAPL about a month ahead that came due, the 80 % range held 1.",
        ),
        (
            StockRecord(forecasts=19, inside_80=0),
            YEARS,
            "Of 19 forecasts of AAPL several years ahead that came due, the 80 % range held 0.",
        ),
        (
            StockRecord(forecasts=12_000, inside_80=10_000),
            MONTH,
            "Of 12,000 forecasts of AAPL about a month ahead that came due, the 80 % range held 10,000 (83 %).",
        ),
    ],
)
def test_record_counts_and_has_a_percentage_where_there_are_enough_forecasts(record, horizon, words):
    sentence = record.sentence("AAPL", horizon)
    assert sentence is not None
    assert sentence.replace("\N{NO-BREAK SPACE}", " ") == words


def test_without_a_forecast_that_came_due_there_is_no_sentence():
    assert StockRecord(forecasts=0, inside_80=0).sentence("AAPL", MONTH) is None
