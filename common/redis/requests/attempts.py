"""Attempts at requests, for the services that process them: begin, renew, end, reclaim.

An attempt is current until the request is claimed for another attempt, or ends. Redis rejects writes of other attempts.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence

from redis import Redis

from common.domain.errors import Busy, Failure, ForecastFailed, NotFound, RequestConflict
from common.domain.progress import WorkProgress
from common.domain.questions import Question
from common.redis.client.replies import GarbledReplyError, check_replies, expect_bytes, expect_integer, expect_list
from common.redis.client.script_runner import RedisScripts
from common.redis.requests.claims import Claim
from common.redis.requests.results import Result
from common.redis.requests.stored_questions import (
    DamagedQuestionError,
    NewerQuestionError,
    parse_question,
    question_keys,
)
from common.redis.schema import lifetimes
from common.redis.schema.statuses import Stage
from common.redis.schema.stored_failures import DAMAGED, encode_failure
from common.rpc.messages import Order
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import LEDGER_REFUSED

OTHER_QUESTION = -2
"""The return value of begin.lua if the record seems to have another question."""
MOST_LEFT_OUT = 1000
"""The most requests of a newer version that a replica keeps in mind."""
NO_ROOM = 2
"""The return value of finish.lua if the outbox of the track record was full."""
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class NeedsNewerVersion(Busy):
    """Only a newer version of the services understands the question; another replica may be of that version."""


class AttemptStore:
    """The attempts of all services. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        names = ("begin", "renew", "report", "finish", "fail", "requeue", "reclaim", "give_up_claim")
        self._scripts = RedisScripts(redis, [f"attempts/{name}" for name in names])
        self._left_out: deque[bytes] = deque(maxlen=MOST_LEFT_OUT)
        """The requests that need a newer version: claimed again and again, they would be kept from it."""

    def begin(self, order: Order, stage: Stage) -> int:
        """Begin a stage of an attempt; return the milliseconds until the deadline, or 0 if the attempt is not current.

        Raises:
            NotFound: there is no request with this id, or no longer.
            RequestConflict: the request with this id has another question.
            NeedsNewerVersion: this version does not understand the request's question.
        """
        question = order.question
        left_ms, stored = self._run_begin(order, question_keys(question), stage)
        if stored is not None:
            text, key = stored
            if not _equals_stored(question, text, key):
                raise RequestConflict
            # Another version wrote the record, and computed another key.
            left_ms, _ = self._run_begin(order, (key.decode(errors="replace"), ""), stage)
        if left_ms == -1:
            raise NotFound
        return max(left_ms, 0)

    def renew(self, attempts: Mapping[str, int]) -> list[str]:
        """Renew the leases of attempts by request id; return the ids whose attempt is no longer current."""
        if not attempts:
            return []
        pairs = [part for request_id, attempt in attempts.items() for part in (request_id, attempt)]
        with check_replies(self._redis):
            reply = self._scripts.run("attempts/renew", args=[lifetimes.LEASE_MS, *pairs])
            lost = [expect_bytes(one).decode() for one in expect_list(reply)]
            if not attempts.keys() >= set(lost):
                raise GarbledReplyError("the reply names other requests than the call")
            return lost

    def report(self, order: Order, progress: WorkProgress) -> bool:
        """Store the progress of an attempt; return False if the attempt is not current."""
        with check_replies(self._redis):
            arguments = (*_arguments(order), f"{progress.fraction:.4f}", progress.step)
            return bool(expect_integer(self._scripts.run("attempts/report", args=arguments)))

    def finish(self, order: Order, key: str, result: Result, ledger_entry: bytes = b"") -> bool:
        """End a request as done; return False if the attempt is not current.

        Args:
            order: the order of the attempt.
            key: the key of the result.
            result: the result.
            ledger_entry: the forecast's entry for the track record; nothing for a result without one.
        """
        end = self._end("attempts/finish", order, [key], ledger_entry, result.body, *result.files)
        if end == NO_ROOM:
            _log_limit.log(logging.ERROR, "no room", "the track record's outbox is full; a forecast is not recorded")
            LEDGER_REFUSED.inc()
        return bool(end)

    def fail(self, order: Order, failure: Failure) -> bool:
        """End a request as failed; return False if the attempt is not current."""
        return bool(self._end("attempts/fail", order, [], encode_failure(failure)))

    def requeue(self, order: Order, *, counts: bool = True) -> None:
        """Give up an attempt, so that another one begins at once.

        Args:
            order: the order of the attempt.
            counts: whether it is one of the request's :data:`lifetimes.MAX_ATTEMPTS`. An attempt that ends because its
                service stops does not count.
        """
        self._scripts.run("attempts/requeue", args=(*_arguments(order), "" if counts else "1"))

    def reclaim(self, most: int) -> list[Order]:
        """Claim up to ``most`` requests whose lease ran out, each for a new attempt.

        Requests without further attempts and damaged ones are ended. A request that only a newer version understands is
        left to a replica of that version.
        """
        with check_replies(self._redis):
            reply = self._scripts.run("attempts/reclaim", args=[lifetimes.LEASE_MS, most, *self._left_out])
            claims = [Claim.read(one) for one in expect_list(reply)]
        orders = [self._order_of(claim) for claim in claims]
        return [order for order in orders if order is not None]

    def _run_begin(self, order: Order, keys: tuple[str, str], stage: Stage) -> tuple[int, tuple[bytes, bytes] | None]:
        """Run begin.lua; return the milliseconds left, and the record's question with its key if these differ."""
        arguments = (order.request_id, *keys, order.attempt, stage, lifetimes.LEASE_MS)
        with check_replies(self._redis):
            left_ms, *stored = expect_list(self._scripts.run("attempts/begin", args=arguments))
            if expect_integer(left_ms) != OTHER_QUESTION:
                return expect_integer(left_ms), None
            text, key = map(expect_bytes, stored)
            return OTHER_QUESTION, (text, key)

    def _end(self, script: str, order: Order, keys: Sequence[str], *end: str | bytes) -> int:
        with check_replies(self._redis):
            return expect_integer(self._scripts.run(script, keys, [*_arguments(order), *end]))

    def _order_of(self, claim: Claim) -> Order | None:
        """Return the order of a claim; None if this version cannot process it."""
        try:
            return claim.order()
        except NewerQuestionError:
            _log.warning("a request needs a newer version of the services; its claim is given up")
            self._left_out.append(claim.request_id)
            self._settle_claim(claim, "attempts/give_up_claim")
        except ValueError:
            _log.warning("the record of a request is damaged; the request is ended")
            self._settle_claim(claim, "attempts/fail", "", "", encode_failure(ForecastFailed(DAMAGED)))
        return None

    def _settle_claim(self, claim: Claim, script: str, *arguments: str | int) -> None:
        """Run a script on a claim that cannot become an order; if Redis fails, the claim's lease runs out."""
        try:
            self._scripts.run(script, args=[claim.request_id, claim.attempt, *arguments])
        except Busy as failure:
            _log.warning("a claim could not be settled; its lease runs out: %s", failure)


def _arguments(order: Order) -> tuple[str, int, str, str]:
    return order.request_id, order.attempt, *question_keys(order.question)


def _equals_stored(question: Question, text: bytes, key: bytes) -> bool:
    """Return whether a stored question equals this one.

    Raises:
        NeedsNewerVersion: this version does not understand the stored question.
    """
    try:
        return parse_question(text, key) == question
    except NewerQuestionError as exc:
        raise NeedsNewerVersion from exc
    except DamagedQuestionError:
        return False
