from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from common.domain.currencies import UNKNOWN_CURRENCY, are_other_currencies, currency_words, unit_words
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.missing_days import continued
from ingestion_service.prices.reconciliation import agrees_in_overlap, contradiction
from ingestion_service.providers.symbols import listing_currency

DAYS = pd.bdate_range("2024-01-01", periods=100, name="date")
FRAME = pd.DataFrame(dict.fromkeys(COLUMNS, 100 + np.arange(100.0) / 8), index=DAYS)
STORED = PriceSeries("TSCO.LON", "alphavantage", "USD", FRAME)


def test_an_unknown_currency_is_written_in_words_and_a_known_one_as_its_code():
    assert (currency_words("XXX"), unit_words("XXX")) == ("(unknown currency)", "unknown currency")
    assert (currency_words("GBp"), unit_words("CHF")) == ("GBp", "CHF")


@pytest.mark.parametrize(
    ("one", "other", "differ"), [("USD", "EUR", True), ("GBp", "GBP", True), ("USD", "XXX", False)]
)
def test_only_two_known_currencies_can_differ(one, other, differ):
    assert are_other_currencies(one, other) == are_other_currencies(other, one) == differ


def test_a_currency_that_was_guessed_is_corrected_by_the_next_refresh():
    recent = replace(STORED, currency=UNKNOWN_CURRENCY, frame=FRAME.iloc[-30:])
    assert agrees_in_overlap(STORED, recent)
    assert continued(STORED, recent).currency == UNKNOWN_CURRENCY
    assert contradiction(STORED, replace(STORED, currency=UNKNOWN_CURRENCY), DAYS[0].date()) is None


@pytest.mark.parametrize(
    "ticker", ["TSCO.LON", "VOD.L", "7203.T", "EURUSD=X", "^GSPC", "ETH-BTC", "NIFTY_FIN_SERVICE.NS"]
)
def test_no_listing_but_an_american_one_is_taken_to_be_in_dollars(ticker):
    assert listing_currency(ticker) == UNKNOWN_CURRENCY
