"""An earlier request that a question names, as the service read it for its worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.domain.calibration import Calibration
from common.domain.errors import Failure
from common.domain.stock_records import StockHorizon, StockRecord


@dataclass(frozen=True)
class NamedRequest:
    """An earlier request of the same owner.

    Args:
        request_id: its id.
        ticker: its ticker; empty if the request does not exist, or no longer.
        body: its result, a JSON object; empty without one.
        failure: the reason why there is no result; None where there is one.
    """

    request_id: str
    ticker: str = ""
    body: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True)
class Sources:
    """Everything that a worker gets from Redis for a task.

    Args:
        requests: the requests that the question names, in its order.
        calibration: the calibration of the track record; None if nothing was scored lately.
        records: the track record of the requests' stocks over their groups of horizons, where there is one.
    """

    requests: tuple[NamedRequest, ...] = ()
    calibration: Calibration | None = None
    records: Mapping[StockHorizon, StockRecord] = field(default_factory=dict)


NO_SOURCES = Sources()
"""Those of a question that names no requests."""
