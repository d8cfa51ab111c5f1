"""Each kind of analysis has the function that carries it out."""

from __future__ import annotations

from importlib import import_module

import pytest

from common.domain.kinds import KINDS
from forecast_service import calls


@pytest.mark.parametrize("name", KINDS)
def test_the_call_of_a_kind_is_found_by_its_name(name: str) -> None:
    module = import_module(KINDS[name].call or f"{calls.__name__}.{name}")
    assert callable(module.compute)
