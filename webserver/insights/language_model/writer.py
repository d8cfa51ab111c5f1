"""Texts about facts by the language model: written in the background, checked, and kept in Redis for every process."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from common.domain.errors import (
    Busy,
    Failure,
    LanguageModelOverBudget,
    LanguageModelUnavailable,
    ModelTextRefused,
)
from common.insights.fact import Fact
from common.redis.model_texts import ModelTexts, StoredText
from common.redis.provider_limits import ProviderLimits, account_name
from common.redis.token_budget import OverBudget, TokenBudget
from common.runtime.metrics import MODEL_TEXTS, MODEL_TEXTS_REFUSED, MODEL_TOKENS
from webserver.insights.language_model.answers import ModelAnswer, ModelFailed
from webserver.insights.language_model.prompt import VERSION, estimate_tokens, make_messages
from webserver.insights.language_model.sentence import ModelSentence, fill_slots
from webserver.insights.language_model.validator import TextRefused, read_sentences

if TYPE_CHECKING:
    from webserver.insights.language_model.client import ModelClient

MOST_AT_ONCE = 2
"""The most texts that a process writes at one time."""
MOST_FACTS = 16
"""The most facts in one call."""
TRY_AGAIN_S = 60
"""Seconds after a failed call until the same text is tried again."""
REFUSED_FOR_S = 3600
"""Seconds after a refused text until the same text is tried again. The model would often write the same."""
_MOST_TOKENS_STATED = 10
"""A stated use of tokens counts up to this multiple of the estimate, as a wrong one could use up the budget."""
_log = logging.getLogger(__name__)
_DETAILS = {
    "slow": "The language model did not answer in time. The sentences are made without it. Try again in a minute.",
    "rate_limited": "The language model takes no more requests now. The sentences are made without it.",
    "refused": "The language model refused the request. The sentences are made without it. Check LLM_URL, LLM_MODEL "
    "and LLM_API_KEY.",
}


@dataclass(frozen=True)
class ModelText:
    """The language model's text about facts, or why there is none.

    Args:
        state: ``off`` without a model; ``writing`` until there is a text; ``ready``; ``unavailable`` with a failure.
        model: the model's name; None without one.
        sentences: the sentences, if the text is ready.
        failure: why there is no text, if it is unavailable.
    """

    state: Literal["off", "writing", "ready", "unavailable"]
    model: str | None = None
    sentences: tuple[ModelSentence, ...] = ()
    failure: Failure | None = None


class LanguageModel:
    """Writes texts about facts.

    Args:
        client: the model; None if none is set.
        texts: the texts in Redis.
        budget: the daily budget of tokens.
        limits: the circuit that pauses calls after failures.
        daily_tokens: the most tokens of a day.
    """

    def __init__(
        self,
        client: ModelClient | None,
        texts: ModelTexts,
        budget: TokenBudget,
        limits: ProviderLimits,
        daily_tokens: int,
    ) -> None:
        self._client = client
        self._texts = texts
        self._budget = budget
        self._limits = limits
        self._daily_tokens = daily_tokens
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._begun: set[str] = set()
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Whether there is a model."""
        return self._client is not None

    def text_about(self, ticker: str, revision: str, facts: Sequence[Fact]) -> ModelText:
        """Return the text about a stock's facts; if there is none yet, begin to write it. No model is waited for.

        Args:
            ticker: the ticker. The model does not receive it.
            revision: the revision of the prices.
            facts: the facts.

        Failures of Redis are part of the result.
        """
        if self._client is None or not facts:
            return ModelText("off")
        model, given = self._client.model, list(facts)[:MOST_FACTS]
        name = _name_of(ticker, revision, self._client, given)
        try:
            stored = self._texts.read(name)
        except Busy:
            return ModelText("unavailable", model, failure=LanguageModelUnavailable(retry_after_s=TRY_AGAIN_S))
        if stored is None:
            self._begin(name, given)
            return ModelText("writing", model)
        return _show(stored, model, given)

    def _begin(self, name: str, facts: Sequence[Fact]) -> None:
        """Write a text in a thread, unless this process does so already or writes too many."""
        with self._lock:
            if name in self._begun or not self._slots.acquire(blocking=False):
                return
            self._begun.add(name)
        threading.Thread(target=self._write_and_end, args=(name, facts), name="language model", daemon=True).start()

    def _write_and_end(self, name: str, facts: Sequence[Fact]) -> None:
        try:
            self.write(name, facts)
        except Busy as failure:
            _log.warning("a text of the language model was not written: %s", failure)
        except Exception:  # noqa: BLE001 - the thread's last step; the page has the sentences of the templates
            _log.exception("a text of the language model was not written")
        finally:
            with self._lock:
                self._begun.discard(name)
            self._slots.release()

    def write(self, name: str, facts: Sequence[Fact]) -> None:
        """Write a text and store it, or why there is none; nothing, if another process writes it.

        Raises:
            Busy: Redis cannot be reached.
        """
        with self._texts.lock(name) as is_held:
            if not is_held or self._client is None or self._texts.read(name) is not None:
                return
            try:
                sentences = read_sentences(self._ask(self._client, facts).text, facts)
            except _NoText as exc:
                MODEL_TEXTS.labels(exc.outcome).inc()
                self._texts.store_failure(name, exc.failure, exc.for_s)
            except TextRefused as exc:
                _log.info("a text of the language model was refused: %s", exc.reason)
                MODEL_TEXTS.labels("failed_check").inc()
                MODEL_TEXTS_REFUSED.labels(exc.reason).inc()
                self._texts.store_failure(name, ModelTextRefused(), REFUSED_FOR_S)
            else:
                MODEL_TEXTS.labels("written").inc()
                self._texts.store(name, sentences)

    def _ask(self, client: ModelClient, facts: Sequence[Fact]) -> ModelAnswer:
        account = _account_of(client)
        pause = self._limits.read_pause(account)
        if pause is not None:
            wait_s = min(pause.seconds, TRY_AGAIN_S)
            raise _NoText("paused", LanguageModelUnavailable(retry_after_s=pause.seconds), wait_s)
        messages = make_messages(facts)
        estimate = estimate_tokens(messages)
        reservation = self._budget.reserve(account, estimate, self._daily_tokens)
        if isinstance(reservation, OverBudget):
            failure = LanguageModelOverBudget(retry_after_s=reservation.seconds)
            raise _NoText("over_budget", failure, min(reservation.seconds, REFUSED_FOR_S))
        try:
            answer = client.ask(messages)
        except ModelFailed as exc:
            spent = estimate if exc.was_sent else 0
            self._budget.settle(reservation, spent)
            MODEL_TOKENS.inc(spent)
            self._note_failure(account, exc)
            failure_of_call = LanguageModelUnavailable(_DETAILS.get(exc.kind), retry_after_s=exc.retry_after_s)
            raise _NoText(exc.kind, failure_of_call, exc.retry_after_s or TRY_AGAIN_S) from None
        spent = estimate if answer.tokens is None else min(answer.tokens, _MOST_TOKENS_STATED * estimate)
        self._budget.settle(reservation, spent)
        MODEL_TOKENS.inc(spent)
        self._limits.note_success(account)
        return answer

    def _note_failure(self, account: str, failure: ModelFailed) -> None:
        _log.warning("a call of the language model failed: %s", failure.kind)
        if failure.retry_after_s:
            self._limits.open_circuit(account, failure.retry_after_s)
        else:
            self._limits.note_failure(account)


class _NoText(Exception):
    """There is no text.

    Args:
        outcome: the label of the metric.
        failure: the reason for people.
        for_s: seconds until the same text may be tried again.
    """

    def __init__(self, outcome: str, failure: Failure, for_s: float) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.failure = failure
        self.for_s = for_s


def _show(stored: StoredText, model: str, facts: Sequence[Fact]) -> ModelText:
    if stored.failure is not None:
        return ModelText("unavailable", model, failure=stored.failure)
    by_id = {fact.id: fact for fact in facts}
    try:
        return ModelText("ready", model, tuple(fill_slots(sentence, by_id) for sentence in stored.sentences))
    except KeyError:  # the entry was changed by hand; it expires
        return ModelText("unavailable", model, failure=ModelTextRefused())


def _name_of(ticker: str, revision: str, client: ModelClient, facts: Sequence[Fact]) -> str:
    """Return the name of a text. Other facts about the same prices, as on the next day, have another text."""
    content = [fact.model_dump(mode="json") for fact in facts]
    parts = json.dumps([VERSION, revision, client.url, client.model, content], sort_keys=True)
    return f"{ticker}:{hashlib.sha256(parts.encode()).hexdigest()[:32]}"


def _account_of(client: ModelClient) -> str:
    """Return the account of a model, whose name in Redis contains neither its address nor its key."""
    return account_name("language_model", f"{client.url} {client.model}")
