"""The fixtures of the nightly run."""

from tests.integration.conftest import s3, store
from tests.integration.forecast_service.market.conftest import environment, market, run, stored

__all__ = ["environment", "market", "run", "s3", "store", "stored"]
