"""The answer with the sentences of the language model, where there is one and its text is ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from common.insights.fact import Fact
from common.insights.values import Sentence
from webserver.insights.language_model.sentence import ModelSentence
from webserver.insights.language_model.subjects import UNWORDED
from webserver.insights.language_model.writer import LanguageModel, ModelText
from webserver.insights.models import LanguageModelState, StockInsights


def with_model_text(body: str, model: LanguageModel) -> str:
    """Return the JSON of a stock's insights in the words of the language model, as far as there are any.

    Args:
        body: the JSON with the sentences of the templates, which stand in for every failure.
        model: the language model. It is not waited for.
    """
    if not model.is_on:
        return body
    insights = StockInsights.model_validate_json(body)
    facts = facts_to_word(insights)
    text = model.text_about(insights.ticker, insights.prices_version, facts)
    if text.model is None or text.state == "off":
        return body
    changes: dict[str, object] = {"language_model": _state(text, text.model)}
    if text.state == "ready":
        by_id = {fact.id: fact for fact in facts}
        worded = [_rate(sentence, by_id) for sentence in text.sentences]
        changes["sentences"] = sorted(worded, key=lambda sentence: -sentence.unusual)
        changes["written_by"] = text.model
    return insights.model_copy(update=changes).model_dump_json()


def facts_to_word(insights: StockInsights) -> Sequence[Fact]:
    """Return the facts for the model: those of the templates' sentences first, the most unusual of all."""
    order = list(dict.fromkeys(name for sentence in insights.sentences for name in sentence.facts))
    named = [fact for name in order for fact in insights.facts if fact.id == name]
    others = [fact for fact in insights.facts if fact.id not in order]
    return [fact for fact in [*named, *others] if fact.id not in UNWORDED]


def _rate(sentence: ModelSentence, facts: Mapping[str, Fact]) -> Sentence:
    """Return a sentence with how unusual its most unusual fact is."""
    percentiles = [facts[name].percentile for name in sentence.facts]
    unusual = max((abs(2 * percentile - 100) for percentile in percentiles if percentile is not None), default=0.0)
    return Sentence(text=sentence.text, facts=sentence.facts, unusual=round(unusual, 2))


def _state(text: ModelText, model: str) -> LanguageModelState:
    failure = text.failure
    return LanguageModelState(
        name=model,
        state="unavailable" if text.state == "off" else text.state,
        code=None if failure is None else failure.code,
        detail=None if failure is None else failure.detail,
    )
