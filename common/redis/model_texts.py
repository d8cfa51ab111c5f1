"""Texts of a language model in Redis, or why there is none, and the lock of the process that writes one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis import Redis

from common.domain.errors import Failure
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.locks import hold_lock
from common.redis.schema.keys import KeyPrefix
from common.redis.schema.stored_failures import decode_failure, encode_failure

TEXT_MS = 86_400_000
"""Milliseconds for which a text is kept."""


@dataclass(frozen=True)
class StoredText:
    """The sentences of a text, with their slots; or the failure because of which there are none."""

    sentences: tuple[str, ...] = ()
    failure: Failure | None = None


class ModelTexts:
    """The texts in Redis by their names. Methods raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, name: str) -> StoredText | None:
        """Return a text; None if there is none, or if it is damaged."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.MODEL_TEXT.key(name))
            stored = expect_bytes_or_none(reply)
        return None if stored is None else _parse(stored)

    def store(self, name: str, sentences: tuple[str, ...]) -> None:
        """Store a text for a day."""
        with redis_call():
            self._redis.set(KeyPrefix.MODEL_TEXT.key(name), json.dumps({"sentences": sentences}), px=TEXT_MS)

    def store_failure(self, name: str, failure: Failure, for_s: float) -> None:
        """Store why there is no text; for ``for_s`` seconds, nothing tries to write it again."""
        with redis_call():
            self._redis.set(KeyPrefix.MODEL_TEXT.key(name), encode_failure(failure), px=max(int(for_s * 1000), 1))

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Hold the lock of a text during the block; yield False at once if another process holds it."""
        with hold_lock(self._redis, KeyPrefix.WRITING_LOCK.key(name), 0) as is_held:
            yield is_held


def _parse(stored: bytes) -> StoredText | None:
    try:
        fields = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    sentences = fields.get("sentences")
    if isinstance(sentences, list) and all(isinstance(sentence, str) for sentence in sentences):
        return StoredText(tuple(sentences))
    failure = decode_failure(stored) if "code" in fields else None
    return None if failure is None else StoredText(failure=failure)
