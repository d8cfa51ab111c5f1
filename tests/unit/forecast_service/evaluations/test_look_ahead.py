"""No model uses a price after its origin: changing a later price changes nothing earlier, to the last bit."""

import numpy as np
import pytest

from benchmarks.evaluations.made_up import history_of, past_of, walk
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.models.registry import BUILT_INS, curves_of

ROWS, CHANGED = 420, 360
ORIGINS = Origins(np.array([300, 330, 358, 400]), 5)
KNOWN = 3


def forecasts(name, *, changed, field="close"):
    random = np.random.default_rng(5)
    closes, other = walk(ROWS), walk(ROWS, seed=2)
    history, others = history_of(closes), history_of(other, "OTHER", seed=3)
    if changed:
        for frame in (history.frame, others.frame):
            frame.iloc[CHANGED:] *= np.exp(random.normal(0.3, 0.2, (ROWS - CHANGED, frame.shape[1])))
    past = past_of(history, field, others={"OTHER": others.frame})
    return list(curves_of(name, field)(past, ORIGINS))


@pytest.mark.parametrize("name", [*BUILT_INS, "prophet:0.5"])
def test_later_prices_change_nothing_earlier(name):
    compare(forecasts(name, changed=False), forecasts(name, changed=True))


@pytest.mark.parametrize("name", [name for name in BUILT_INS if name != "drift"])
def test_later_volumes_change_nothing_earlier(name):
    compare(forecasts(name, changed=False, field="volume"), forecasts(name, changed=True, field="volume"))


def compare(before, after):
    for index in range(KNOWN):
        assert (before[index] == after[index]).all()
    assert not (before[-1] == after[-1]).all()
