"""Builds the price providers that the settings name, each with its guard."""

from __future__ import annotations

from pydantic import SecretStr

from common.redis.provider_limits import ProviderLimits, account_name
from ingestion_service.providers.access.budget_metrics import BudgetMetrics
from ingestion_service.providers.access.guard import FREE_BUDGETS, GuardedProvider
from ingestion_service.providers.access.key_rotation import RotatingKeys
from ingestion_service.providers.base import Provider
from ingestion_service.providers.registry import KEYED, NAMES, build_keyed, build_keyless
from ingestion_service.providers.sample import SAMPLE
from ingestion_service.settings import IngestionSettings


def build_providers(settings: IngestionSettings, limits: ProviderLimits) -> list[Provider]:
    """Build the providers in the order in which they are called; nothing connects yet.

    Raises:
        ValueError: a name is not one of :data:`NAMES`, or a provider lacks its key. The text contains no key.
    """
    budget_metrics = BudgetMetrics(limits)
    return [_build_provider(name, settings, limits, budget_metrics) for name in settings.provider_order]


def _build_provider(
    name: str, settings: IngestionSettings, limits: ProviderLimits, budget_metrics: BudgetMetrics
) -> Provider:
    if name not in NAMES:
        raise ValueError(f"PROVIDERS names {name!r}; the sources are {', '.join(NAMES)}.")
    if name == SAMPLE:
        return build_keyless(name)
    budget = settings.provider_budgets.get(name, FREE_BUDGETS[name])
    if name not in KEYED:
        account = account_name(name, None)
        budget_metrics.show(name, [account], budget)
        return GuardedProvider(build_keyless(name, yahoo_url=settings.yahoo_url), limits, account, budget)
    access = settings.access[name]
    keys = _split_keys(name, access.keys, access.setting)
    budget_metrics.show(name, [account_name(name, key) for key in keys], budget)
    guarded = [
        GuardedProvider(build_keyed(name, url=access.url, api_key=key), limits, account_name(name, key), budget)
        for key in keys
    ]
    return guarded[0] if len(guarded) == 1 else RotatingKeys(guarded, limits)


def _split_keys(name: str, keys: SecretStr | None, setting: str) -> list[str]:
    found = [key.strip() for key in keys.get_secret_value().split(",")] if keys else []
    if not found:
        raise ValueError(f"PROVIDERS names {name}, but {setting} is not set.")
    return found
