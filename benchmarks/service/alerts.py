"""The time to judge a thousand alerts on 500 stocks, beside the time to read the prices of these stocks once.

``python -m benchmarks.service.alerts`` judges them in a process, as the alerts' command does, and prints JSON. The
conditions need no forecast. The cost of a forecast is measured by other parts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pandas as pd
import sqlalchemy as sa

from benchmarks.load.price_source import WALKS, walk
from benchmarks.report import median_seconds
from common.domain.prices import COLUMNS, PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.runtime.settings_loading import load_settings
from common.s3.objects import PriceObjects, make_s3_client
from common.s3.price_store import PriceStore
from common.sql import schema
from common.sql.repositories.alerts import Alert
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID
from common.sql.store import SqlStore
from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack
from webserver.alerts.judge import AlertJudge
from webserver.settings import WebSettings
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.recent_closes import RecentCloses

STOCKS = 500
ROUNDS = 3
CONDITIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("price", {"side": "above", "price": 100.0}),
    ("unusual_move", {"usual_moves": 2.0}),
    ("volatility", {"below_percentile": 5.0, "above_percentile": 95.0}),
    ("price", {"side": "below", "price": 100.0}),
)
"""Each stock gets two of them in turn."""


def alert_figures(stack: RunningStack) -> dict[str, object]:
    """Measure the seconds of judging, and their multiple of reading the prices."""
    command = [sys.executable, "-m", "benchmarks.service.alerts"]
    output = subprocess.run(command, cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, check=True).stdout
    figures: dict[str, object] = json.loads(output)
    return figures


def main() -> None:
    """Store the prices and the alerts, and measure both calls in turn. Print the figures."""
    settings = load_settings(WebSettings)
    client = make_s3_client()
    last = _store_prices(PriceStore(client, settings.s3_bucket))
    objects = PriceObjects(client, settings.s3_bucket)
    sql = SqlStore(settings.sql_address())
    alerts = [alert for number in range(STOCKS) for alert in _alerts_of(number, last - timedelta(days=1))]
    fired: list[int] = []

    def judge() -> None:
        report = AlertJudge(sql, RecentCloses(PriceReader(objects)), _no_forecast, partial(datetime.now, UTC)).run()
        if report.judged != len(alerts):
            raise SystemExit(f"not all alerts were judged: {report}")
        fired.append(report.fired)

    found = _median_seconds(judge, partial(_read_all, objects), lambda: sql.transaction(_replacing(alerts)))
    sql.transaction(_replacing([]))
    figures = {"alerts_judge_s": found["judge"], "alerts_judge_ratio": found["judge"] / found["read"]}
    print(json.dumps(figures | {"alerts": {"read_s": found["read"], "judged": len(alerts), "fired": fired[-1]}}))


def _median_seconds(
    judge: Callable[[], None], read: Callable[[], None], prepare: Callable[[], object]
) -> dict[str, float]:
    """Return the median seconds of both calls. The alerts are new before each round, which is not measured."""
    rounds = []
    for _ in range(ROUNDS):
        prepare()
        rounds.append(median_seconds(1, judge=judge, read=read))
    return {name: sorted(each[name] for each in rounds)[ROUNDS // 2] for name in rounds[0]}


def _store_prices(store: PriceStore) -> date:
    """Store the random walks under the names of the stocks; return the day of their last close."""
    walks = [walk(number) for number in range(WALKS)]
    for number in range(STOCKS):
        closes = walks[number % WALKS]
        frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes.astype(float)), index=closes.index.rename("date"))
        series = PriceSeries(_ticker(number), "tiingo", "USD", frame)
        store.write(series, fetched_at=datetime.now(UTC), replacing=store.read_facts(series.ticker))
    last: date = walks[0].index[-1].date()
    return last


def _alerts_of(number: int, judged_through: date) -> list[Alert]:
    ticker = _ticker(number)
    return [
        Alert(
            id=str(uuid5(NAMESPACE_URL, f"{ticker} {place}")),
            account_id=LOCAL_ACCOUNT_ID,
            ticker=ticker,
            kind=kind,
            parameters=parameters,
            channel_ids=[],
            state="armed",
            enabled=True,
            created_at=datetime.now(UTC),
            judged_through=judged_through,
            bands={},
            note="",
        )
        for place, (kind, parameters) in enumerate(CONDITIONS[number % 2 :: 2])
    ]


def _replacing(alerts: list[Alert]) -> Callable[[sa.Connection], None]:
    def replace(connection: sa.Connection) -> None:
        connection.execute(sa.delete(schema.alerts))
        if alerts:
            connection.execute(sa.insert(schema.alerts), [vars(alert) for alert in alerts])

    return replace


def _read_all(objects: PriceObjects) -> None:
    for number in range(STOCKS):
        if objects.read(_ticker(number)) is None:
            raise SystemExit(f"no prices of {_ticker(number)} are stored")


def _no_forecast(question: ForecastQuestion) -> Forecast:
    raise SystemExit(f"a condition asked for a forecast of {question.ticker}")


def _ticker(number: int) -> str:
    return f"ALERT{number}"


if __name__ == "__main__":
    main()
