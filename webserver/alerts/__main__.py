"""``python -m webserver.alerts``: judge all alerts on their new closes, and send the notifications that are due."""

from __future__ import annotations

import sys

from common.domain.errors import Busy, StoreUnavailable
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.jobs import run_job
from common.s3.objects import PriceObjects, make_s3_client
from common.sql.store import SqlStore
from webserver.alerts.judge import AlertJudge
from webserver.alerts.outbox import Outbox
from webserver.alerts.settings import NotificationSettings
from webserver.forecasts.job_forecasts import make_forecaster
from webserver.settings import WebSettings
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.recent_closes import RecentCloses

DONE, INCOMPLETE, FAILED = 0, 1, 2


def main() -> int:
    """Run once; return the exit status: 1 if an alert could not be judged, 2 if nothing could be done."""
    settings = load_settings(WebSettings)
    log_to_stdout("alerts", settings.log_level, settings.log_format)
    stores = RedisStores.of(make_redis_client(settings.redis_url))
    prices = PriceReader(PriceObjects(make_s3_client(checksums=settings.sends_checksums), settings.s3_bucket))
    sql = SqlStore(settings.sql_address())
    judge = AlertJudge(sql, RecentCloses(prices), make_forecaster(settings, stores), stores.clock.now)
    try:
        judged = judge.run()
        sent = Outbox(sql, load_settings(NotificationSettings).senders(), stores.clock.now).deliver_due()
        stores.alert_runs.note(stores.clock.now())
    except (Busy, StoreUnavailable) as failure:
        print(f"error: {failure.detail}", file=sys.stderr)
        return FAILED
    print(
        f"{judged.alerts} alerts: {judged.judged} judged, {judged.fired} fired, {judged.failed} failed; notifications: "
        f"{sent.delivered} delivered, {sent.postponed} postponed, {sent.failed} failed"
    )
    return INCOMPLETE if judged.failed else DONE


if __name__ == "__main__":
    sys.exit(run_job("alerts", main))
