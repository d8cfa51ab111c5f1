"""The forecasts that charts and badges show: each is kept in memory, and asked for again after an hour.

Many people look at one badge. A view therefore starts work only for a question that this process has not asked lately,
and only within the quotas of the address that looks and of all embedded forecasts together. An older forecast stays
until a newer one is finished, and while a newer one is refused, but for a day at most.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from uuid import uuid4

from common.domain.errors import BadData, BadRequest, Busy, Failure, Forbidden, NotFound, RateLimited
from common.domain.kinds import FORECAST
from common.domain.questions import ForecastQuestion
from common.redis.rate_windows import QuotaCheck
from common.redis.requests.results import Result
from webserver.embedding.models import ShownForecast, shown_forecast
from webserver.requests.service import RequestService

RENEWED_AFTER_S = 3600.0
"""Seconds after which a shown forecast is asked for again. Daily prices change once a day."""
DROPPED_AFTER_S = 86_400.0
"""Seconds after which a forecast is not shown any longer. The text of a badge has no date."""
REFUSED_FOR_S = 600.0
"""Seconds for which a stock without a forecast is not asked for again."""
RETRIED_AFTER_S = 30.0
"""Seconds after which a question is asked again that failed for a reason that passes."""
UPLOADED = "Forecasts of uploaded prices are shown only where everybody may read prices."
MOST_KEPT = 300
"""The most questions that each process keeps: about 10 MB."""


@dataclass(frozen=True)
class _Kept:
    """The state of a question.

    Args:
        due: when it may be asked again, in seconds of the monotonic clock.
        request_id: the request that is under way; empty if there is none.
        forecast: the newest finished forecast.
        failure: the end of the newest request, if it was none.
        made: when the forecast was received.
    """

    due: float = 0.0
    request_id: str = ""
    forecast: ShownForecast | None = None
    failure: Failure | None = None
    made: float = 0.0


@dataclass(frozen=True)
class Shown:
    """The content of a view.

    Args:
        forecast: the newest finished forecast; None while the first one is being made.
        is_renewing: whether a newer one is being made.
    """

    forecast: ShownForecast | None
    is_renewing: bool


class ShownForecasts:
    """Returns forecasts for charts and badges.

    Args:
        service: accepts requests of nobody's account.
        read_result: returns the result with a key.
        quota_check: returns the quota check of the present request.
        shows_uploads: whether everybody may see forecasts of uploaded prices.
        clock: the monotonic clock, in seconds.
    """

    def __init__(
        self,
        service: RequestService,
        read_result: Callable[[str], Result],
        quota_check: Callable[[], QuotaCheck],
        *,
        shows_uploads: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._read_result = read_result
        self._quota_check = quota_check
        self._shows_uploads = shows_uploads
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[ForecastQuestion, _Kept] = OrderedDict()

    def read(self, question: ForecastQuestion) -> Shown:
        """Return the forecast of a question.

        Raises:
            Failure: there is no forecast, and the reason.
        """
        kept = self._kept.get(question, _Kept())
        if self._clock() - kept.made > DROPPED_AFTER_S:
            kept = replace(kept, forecast=None)
        if kept.request_id:
            kept = self._followed(kept)
        if not kept.request_id and self._clock() >= kept.due:
            kept = self._asked(question, kept)
        self._keep(question, kept)
        if kept.forecast is None and kept.failure is not None:
            raise type(kept.failure)(kept.failure.detail, retry_after_s=kept.failure.retry_after_s)
        return Shown(kept.forecast, is_renewing=bool(kept.request_id))

    def _asked(self, question: ForecastQuestion, kept: _Kept) -> _Kept:
        try:
            record = self._service.submit(str(uuid4()), question, 0.0, self._quota_check())
        except (RateLimited, Busy) as failure:
            # The next view of another address may be within its quota.
            return replace(kept, failure=failure)
        return self._followed(replace(kept, request_id=record.request_id, failure=None))

    def _followed(self, kept: _Kept) -> _Kept:
        """Return the state after a look at the request that is under way."""
        try:
            record = self._service.record(FORECAST, kept.request_id)
            if record.status == "done":
                forecast = shown_forecast(self._read_result(record.result_key).body)
                now = self._clock()
                if forecast.is_uploaded and not self._shows_uploads:
                    return _Kept(now + REFUSED_FOR_S, failure=Forbidden(UPLOADED))
                return _Kept(now + RENEWED_AFTER_S, forecast=forecast, made=now)
        except NotFound:
            return replace(kept, request_id="", due=0.0)
        except Busy as failure:
            return replace(kept, failure=failure)
        if record.failure is None:
            return replace(kept, failure=None)
        is_lasting = isinstance(record.failure, (BadData, BadRequest))
        due = self._clock() + (REFUSED_FOR_S if is_lasting else RETRIED_AFTER_S)
        return replace(kept, due=due, request_id="", failure=record.failure)

    def _keep(self, question: ForecastQuestion, kept: _Kept) -> None:
        with self._lock:
            self._kept[question] = kept
            self._kept.move_to_end(question)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
