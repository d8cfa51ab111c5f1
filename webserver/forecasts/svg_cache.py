"""The SVGs of finished forecasts, each drawn once: the last ones are cached by each process."""

from __future__ import annotations

from common.domain.results import Forecast
from common.redis.records import Result
from webserver.http.byte_cache import ByteCache
from webserver.http.compression import Compressed
from webserver.http.cooperative_work import costly_turn, give_way
from webserver.svg.drawing import draw_svg

MOST_BYTES = 2_000_000
_drawings: ByteCache[Compressed] = ByteCache(MOST_BYTES, lambda one: len(one.plain) + len(one.compressed))


def drawing_of(result: Result) -> Compressed:
    """Return a result's SVG.

    Raises:
        Busy: there is too much costly work.
    """
    key = hash(result)

    def draw() -> Compressed:
        with costly_turn():
            drawn = _drawings.known(key)  # by a request that came before
            if drawn is not None:
                return drawn
            forecast = Forecast.model_validate_json(result.body)
            give_way()
            return Compressed.of(draw_svg(forecast), "image/svg+xml")

    return _drawings.get(key, draw)
