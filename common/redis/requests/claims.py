"""Claims of requests whose lease ran out, as reclaim.lua returns them. Their records may be damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.redis.client.replies import expect_bytes, expect_integer, expect_list
from common.redis.requests.stored_questions import parse_question
from common.rpc.messages import Order

_PARTS = 5


@dataclass(frozen=True)
class Claim:
    """A request that the caller claimed for a new attempt, with the fields of its record."""

    request_id: bytes
    question: bytes
    question_key: bytes
    attempt: int
    remaining_ms: int

    @classmethod
    def read(cls, reply: Any) -> Claim:
        """Parse one claim of reclaim.lua's reply; raise GarbledReplyError if it has another format."""
        request_id, question, question_key, attempt, remaining_ms = expect_list(reply, _PARTS)
        return cls(
            expect_bytes(request_id),
            expect_bytes(question),
            expect_bytes(question_key),
            expect_integer(attempt),
            expect_integer(remaining_ms),
        )

    def order(self) -> Order:
        """Return the order for this attempt.

        Raises:
            NewerQuestionError: only a newer version understands the question.
            ValueError: the question or the id is damaged.
        """
        question = parse_question(self.question, self.question_key)
        return Order(
            question=question,
            request_id=self.request_id.decode(),
            attempt=self.attempt,
            budget_ms=self.remaining_ms,
        )
