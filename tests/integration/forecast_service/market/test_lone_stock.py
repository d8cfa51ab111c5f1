"""A stock that is forecast in a process of its own: an outage of S3 is no failure of the stock."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from common.domain.errors import Busy
from common.s3.failures import StoreRefusal
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.work.lone_stock import forecast_lone_stock
from test_support.paths import ROOT
from test_support.stores.object_gateway import object_gateway
from tests.integration.forecast_service.market.conftest import DAY

TASK = RangeTask(DAY, 0, ("S2",), (5,))


@pytest.fixture
def gateway(environment, s3_server_url, monkeypatch):
    with object_gateway(urlsplit(s3_server_url).port, list) as running:
        for name in ("S3_BUCKET", "REDIS_URL"):
            monkeypatch.setenv(name, environment[name])
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{running.port}")
        yield running


@pytest.mark.parametrize(
    ("status", "code", "failure"), [(503, "ServiceUnavailable", Busy), (403, "AccessDenied", StoreRefusal)]
)
def test_a_store_that_does_not_answer_is_not_the_fault_of_the_stock(gateway, stored, status, code, failure):
    def refuse(request):
        request.reply_error(status, code)
        return True

    gateway.rule = refuse
    with pytest.raises(Busy) as raised:
        forecast_lone_stock("S2", TASK)
    assert type(raised.value) is failure


def test_a_stock_has_the_row_that_it_has_beside_others(gateway, stored):
    result = forecast_lone_stock("S2", TASK)
    assert result.row.get("code") is None
    assert result.row["price_5d"] > 0
    assert result.series.ticker == "S2"
