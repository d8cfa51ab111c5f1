"""The probabilities of the prices that a client names, computed from the stored result."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.errors import InvalidRequest, NotFound
from common.domain.price_chances import price_chances
from common.domain.questions import validate_as
from common.domain.results import Distribution
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.forecasts.field_selection import Representation
from webserver.forecasts.serializers import finished
from webserver.schemas import ForecastChances

_NUMBER = re.compile(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NEEDED = Representation(fields=("ticker", "field", "last_close", "target_date", "currency", "distribution"))
"""The part of a result that answers. The serializer caches its JSON."""


def _number(text: Any) -> Any:
    """Return the number of a query parameter. float() alone would also accept underscores and other digits."""
    return float(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else text


Price = Annotated[float, Field(gt=0, allow_inf_nan=False, examples=[450]), BeforeValidator(_number)]


class ChancesQuery(BaseModel):
    """The query parameters that name prices."""

    model_config = ConfigDict(frozen=True, strict=True)

    above: Price | None = Field(
        default=None,
        description="Return the probability of a close above this price on the target date. "
        "At least one of `above` and `touch` is required.",
    )
    touch: Price | None = Field(
        default=None,
        description="Return the probability that a close from now to the target date reaches this price. "
        "The last close counts as reached.",
    )


def requested_prices() -> ChancesQuery:
    """Return the prices that the present request names.

    Raises:
        InvalidRequest: a price is no positive number, or there is none.
    """
    query = validate_as(ChancesQuery, request.args.to_dict())
    if query.above is None and query.touch is None:
        raise InvalidRequest("No price is given. Send above, touch or both, such as above=450.")
    return query


def chances_of(record: Record, result: Result, query: ChancesQuery) -> ForecastChances:
    """Return the probabilities of the prices.

    Raises:
        NotFound: an earlier version made the result, without a distribution, or the forecast is of volume.
    """
    stored = json.loads(b"".join(finished(record, result, _NEEDED)))
    if stored.get("field") == "volume":
        raise NotFound("A forecast of volume has no chances of a price. Its percentiles are in distribution.end.")
    if stored.get("distribution") is None:
        raise NotFound("This forecast was made before an upgrade and has no distribution. Request the forecast again.")
    distribution, last_close = Distribution.model_validate(stored["distribution"]), stored["last_close"]
    chances = price_chances(distribution, last_close, query.above, query.touch)
    return ForecastChances.model_validate(stored | chances.model_dump())
