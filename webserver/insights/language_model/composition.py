"""Builds the language model from its settings."""

from __future__ import annotations

from redis import Redis

from common.redis.model_texts import ModelTexts
from common.redis.provider_limits import ProviderLimits
from common.redis.token_budget import TokenBudget
from webserver.insights.language_model.settings import LanguageModelSettings
from webserver.insights.language_model.writer import LanguageModel


def build_language_model(settings: LanguageModelSettings, redis: Redis) -> LanguageModel:
    """Build the language model, which is off without an address; nothing connects yet."""
    client = None
    if settings.llm_url is not None and settings.llm_model is not None:
        # Few servers have a model, and its HTTP client takes a tenth of a second of every start.
        from webserver.insights.language_model.client import ModelClient  # noqa: PLC0415

        client = ModelClient(settings.llm_url, settings.llm_model, settings.llm_api_key, settings.llm_timeout_s)
    stores = ModelTexts(redis), TokenBudget(redis), ProviderLimits(redis)
    return LanguageModel(client, *stores, settings.llm_daily_tokens)
