"""Prophet's classes, loaded without its plots.

Prophet's module of plots loads matplotlib's pyplot and, where it is installed, plotly. They take as long to load as the
whole engine without them, in each process that forecasts, and nothing here draws with them.
"""

from __future__ import annotations

import sys
from types import ModuleType

_PLOTS = "prophet.plot"


def _stand_in() -> ModuleType:
    """Return a module with the two functions that Prophet's class takes from its plots."""
    module = ModuleType(_PLOTS)
    module.__dict__.update(plot=None, plot_components=None)
    return module


if "prophet" in sys.modules:
    from prophet import Prophet
else:
    sys.modules[_PLOTS] = _stand_in()
    from prophet import Prophet

    del sys.modules[_PLOTS]  # a later import of it gets Prophet's own

from prophet.models import CmdStanPyBackend, IStanBackend, TrendIndicator  # noqa: E402 - it would load Prophet's class

__all__ = ["CmdStanPyBackend", "IStanBackend", "Prophet", "TrendIndicator"]
