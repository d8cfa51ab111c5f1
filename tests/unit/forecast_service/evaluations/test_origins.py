"""Origins are as far apart as the history allows, and the last target is the last day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import TooLittleData
from forecast_service.evaluations.origins import LEAST_PAST, last_origins, split_origins


@given(st.integers(60, 3000), st.integers(1, 500), st.integers(4, 250))
def test_last_origins_have_enough_before_and_a_horizon_after_them(rows, horizon, count):
    needed = LEAST_PAST + count - 1 + horizon
    if rows < needed:
        with pytest.raises(TooLittleData) as caught:
            last_origins("X", rows, horizon, count)
        assert f"X has {rows} values" in caught.value.detail
        assert f"at least {needed}" in caught.value.detail
        return
    origins = last_origins("X", rows, horizon, count)
    assert len(origins.rows) == count
    assert origins.rows[0] >= LEAST_PAST - 1
    assert origins.rows[-1] + horizon == rows - 1
    assert set(np.diff(origins.rows)) <= set(range(1, horizon + 1))


def test_they_do_not_overlap_in_ten_years():
    assert last_origins("X", 2518, 21, 40).overlap == 1.0


@given(st.integers(250, 3000), st.integers(1, 50), st.floats(0.5, 0.95))
def test_split_origins_begin_at_the_split_and_never_overlap(rows, horizon, fraction):
    try:
        origins = split_origins("X", rows, horizon, fraction, 250)
    except TooLittleData:
        first = int(fraction * rows)
        assert first < LEAST_PAST or first - 1 + horizon > rows - 1
        return
    assert origins.rows[0] == int(fraction * rows) - 1
    assert len(origins.rows) <= 250
    assert origins.rows[-1] + horizon <= rows - 1
    assert (np.diff(origins.rows) % horizon == 0).all()


def test_a_split_with_too_little_on_a_side_says_so():
    with pytest.raises(TooLittleData, match=r"200 values, of which the first 0\.5 are 100"):
        split_origins("X", 200, 5, 0.5, 250)
