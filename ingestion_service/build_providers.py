"""Builds the price sources that the settings name, each with its guard."""

from __future__ import annotations

from pydantic import SecretStr

from common.redis.source_limits import Limits, account_of
from ingestion_service.providers.access.budget_metrics import BudgetMetrics
from ingestion_service.providers.access.guard import FREE_BUDGETS, GuardedProvider
from ingestion_service.providers.access.key_rotation import RotatingKeys
from ingestion_service.providers.base import Provider
from ingestion_service.providers.registry import KEYED, NAMES, built_keyed, built_keyless
from ingestion_service.providers.sample import SAMPLE
from ingestion_service.settings import IngestionSettings


def built_sources(settings: IngestionSettings, limits: Limits) -> list[Provider]:
    """Build the sources in the order in which they are to be asked; nothing connects yet.

    Raises:
        ValueError: a name is none of :data:`NAMES`, or a source lacks its key; the text quotes no key.
    """
    watch = BudgetMetrics(limits)
    return [_built(name, settings, limits, watch) for name in settings.provider_order]


def _built(name: str, settings: IngestionSettings, limits: Limits, watch: BudgetMetrics) -> Provider:
    if name not in NAMES:
        raise ValueError(f"PROVIDERS names {name!r}; the sources are {', '.join(NAMES)}.")
    if name == SAMPLE:
        return built_keyless(name)
    budget = settings.provider_budgets.get(name, FREE_BUDGETS[name])
    if name not in KEYED:
        account = account_of(name, None)
        watch.show(name, [account], budget)
        return GuardedProvider(built_keyless(name, yahoo_url=settings.yahoo_url), limits, account, budget)
    access = settings.access[name]
    keys = _keys(name, access.keys, access.setting)
    watch.show(name, [account_of(name, key) for key in keys], budget)
    with_keys = [
        GuardedProvider(built_keyed(name, url=access.url, api_key=key), limits, account_of(name, key), budget)
        for key in keys
    ]
    return with_keys[0] if len(with_keys) == 1 else RotatingKeys(with_keys)


def _keys(name: str, keys: SecretStr | None, setting: str) -> list[str]:
    found = [key.strip() for key in keys.get_secret_value().split(",")] if keys else []
    if not found:
        raise ValueError(f"PROVIDERS names {name}, but {setting} is not set.")
    return found
