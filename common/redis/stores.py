"""All stores in Redis, on one client."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from common.redis.alert_runs import AlertRuns
from common.redis.backup_runs import BackupRuns
from common.redis.calibration_snapshot import CalibrationSnapshot
from common.redis.clock import RedisClock
from common.redis.ledger_outbox import LedgerOutbox
from common.redis.market_runs import MarketRuns
from common.redis.model_texts import ModelTexts
from common.redis.news_store import NewsStore
from common.redis.price_notes import PriceNotes
from common.redis.rate_windows import RateWindows
from common.redis.refresh_runs import RefreshRuns
from common.redis.requests.attempts import AttemptStore
from common.redis.requests.batch_store import BatchStore
from common.redis.requests.capacity import Capacity
from common.redis.requests.outcomes import RequestOutcomes
from common.redis.requests.request_store import RequestStore
from common.redis.requests.results import ResultStore
from common.redis.stock_record_snapshot import StockRecordSnapshot
from common.redis.token_budget import TokenBudget
from common.redis.user_models import UserModelNames


@dataclass(frozen=True)
class RedisStores:
    """All stores; a service uses those that it needs."""

    requests: RequestStore
    attempts: AttemptStore
    batches: BatchStore
    results: ResultStore
    capacity: Capacity
    price_notes: PriceNotes
    rate_windows: RateWindows
    clock: RedisClock
    ledger_outbox: LedgerOutbox
    alert_runs: AlertRuns
    backup_runs: BackupRuns
    calibration: CalibrationSnapshot
    stock_records: StockRecordSnapshot
    market_runs: MarketRuns
    refresh_runs: RefreshRuns
    user_models: UserModelNames
    model_texts: ModelTexts
    token_budget: TokenBudget
    news: NewsStore
    outcomes: RequestOutcomes

    @classmethod
    def of(cls, redis: Redis) -> RedisStores:
        """Build all of them on a client; nothing connects yet."""
        clock = RedisClock(redis)
        return cls(
            RequestStore(redis, clock),
            AttemptStore(redis),
            BatchStore(redis, clock),
            ResultStore(redis),
            Capacity(redis),
            PriceNotes(redis),
            RateWindows(redis),
            clock,
            LedgerOutbox(redis),
            AlertRuns(redis),
            BackupRuns(redis),
            CalibrationSnapshot(redis),
            StockRecordSnapshot(redis),
            MarketRuns(redis),
            RefreshRuns(redis),
            UserModelNames(redis, clock),
            ModelTexts(redis),
            TokenBudget(redis),
            NewsStore(redis),
            RequestOutcomes(redis),
        )
