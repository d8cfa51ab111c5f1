"""The Python client of Stockcast.

Example:
    >>> from stockcast_client import Stockcast
    >>> with Stockcast("http://localhost:5000") as client:  # doctest: +SKIP
    ...     print(client.forecast("AAPL", days=30).verdict)
"""

from __future__ import annotations

from stockcast_client.asynchronous.client import AsyncStockcast
from stockcast_client.blocking.client import Stockcast
from stockcast_client.core.waiting import Progress
from stockcast_client.errors import (
    Cancelled,
    DeadlineExceeded,
    Forbidden,
    InvalidRequest,
    NoMarketBoard,
    NotFinished,
    NotFound,
    Problem,
    RateLimited,
    RequestConflict,
    RequestFailed,
    ServerUnreachable,
    StockcastError,
    Unauthenticated,
    Unavailable,
    UnknownTicker,
    UnreadableAnswer,
    UnsupportedByServer,
    UnusableData,
    WaitTimedOut,
)
from stockcast_client.models.generated import (
    CandleSearch,
    EvaluationRequest,
    ForecastRequest,
    PatternRequest,
    ShapeSearch,
    TradingRule,
    TurnaroundSearch,
)
from stockcast_client.results.analyses import Evaluation, Insights, PatternSearch
from stockcast_client.results.forecast import Forecast
from stockcast_client.version import VERSION

__version__ = VERSION

__all__ = [
    "AsyncStockcast",
    "Cancelled",
    "CandleSearch",
    "DeadlineExceeded",
    "Evaluation",
    "EvaluationRequest",
    "Forbidden",
    "Forecast",
    "ForecastRequest",
    "Insights",
    "InvalidRequest",
    "NoMarketBoard",
    "NotFinished",
    "NotFound",
    "PatternRequest",
    "PatternSearch",
    "Problem",
    "Progress",
    "RateLimited",
    "RequestConflict",
    "RequestFailed",
    "ServerUnreachable",
    "ShapeSearch",
    "Stockcast",
    "StockcastError",
    "TradingRule",
    "TurnaroundSearch",
    "Unauthenticated",
    "Unavailable",
    "UnknownTicker",
    "UnreadableAnswer",
    "UnsupportedByServer",
    "UnusableData",
    "WaitTimedOut",
    "__version__",
]
