"""The values of a field."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import FieldUnavailable, TooLittleData
from common.domain.fields import FIELDS
from common.domain.prices import PriceSeries
from forecast_service.engine.fields import field_values


def series(rows: int = 100, **columns: object) -> PriceSeries:
    days = pd.bdate_range("2024-01-01", periods=rows, name="date")
    values = dict.fromkeys(("open", "high", "low", "close", "adj_close", "volume"), np.arange(1.0, rows + 1))
    return PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(values | columns, index=days))


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_has_its_own_column(field):
    own = np.linspace(5, 6, 100)
    assert field_values(series(**{field: own}), field).tolist() == own.tolist()


@pytest.mark.parametrize("nothing", [np.nan, 0.0, -1.0, np.inf])
@pytest.mark.parametrize("field", ["open", "high", "low", "volume"])
def test_days_without_a_value_are_left_out(field, nothing):
    values = np.where(np.arange(100) % 4 == 0, nothing, 7.0)
    present = field_values(series(**{field: values}), field)
    assert (len(present), set(present)) == (75, {7.0})


@pytest.mark.parametrize("field", ["open", "high", "low"])
def test_too_few_values_name_the_field_and_their_number(field):
    values = np.where(np.arange(100) < 59, 7.0, np.nan)
    with pytest.raises(FieldUnavailable, match=f"ACME has 59 daily {field}s .* at least 60"):
        field_values(series(**{field: values}), field)
    with pytest.raises(FieldUnavailable, match=f"ACME has no {field}s "):
        field_values(series(**{field: np.full(100, np.nan)}), field)


def test_an_index_without_volume_gets_its_own_sentence():
    with pytest.raises(FieldUnavailable, match=r"has no volumes .* indices and currencies"):
        field_values(series(volume=np.zeros(100)), "volume")
    with pytest.raises(FieldUnavailable, match="was traded on 10 days"):
        field_values(series(volume=np.where(np.arange(100) < 10, 5.0, 0.0)), "volume")


def test_too_few_closes_are_too_little_data_for_every_field():
    for field in FIELDS:
        with pytest.raises(TooLittleData):
            field_values(series(rows=59), field)
