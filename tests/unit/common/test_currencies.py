from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from common.domain.markets.currencies import (
    UNKNOWN_CURRENCY,
    differ_in_currency,
    format_currency,
    format_unit,
    normalise_currency,
)
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.missing_days import continue_series
from ingestion_service.prices.reconciliation import agrees_in_overlap, find_contradiction
from ingestion_service.providers.fetch.refusals import parse_currency
from ingestion_service.providers.symbols import infer_listing_currency

DAYS = pd.bdate_range("2024-01-01", periods=100, name="date")
FRAME = pd.DataFrame(dict.fromkeys(COLUMNS, 100 + np.arange(100.0) / 8), index=DAYS)
STORED = PriceSeries("TSCO.LON", "alphavantage", "USD", FRAME)


def test_an_unknown_currency_is_written_in_words_and_a_known_one_as_its_code():
    assert (format_currency("XXX"), format_unit("XXX")) == ("(unknown currency)", "unknown currency")
    assert (format_currency("CHF"), format_unit("CHF")) == ("CHF", "CHF")


@pytest.mark.parametrize(
    ("code", "words"), [("GBp", "pence"), ("GBX", "pence"), ("ZAc", "South African cents"), ("ILA", "agorot")]
)
def test_a_hundredth_is_written_in_words(code, words):
    assert format_currency(code) == format_unit(code) == words


@pytest.mark.parametrize(
    ("named", "code"),
    [("GBp", "GBp"), ("GBX", "GBp"), ("ZAC", "ZAc"), ("ILa", "ILA"), ("GBP", "GBP"), ("usd", "USD"), ("", "XXX")],
)
def test_a_source_may_spell_a_unit_in_several_ways(named, code):
    assert parse_currency("A source", named) == code
    assert normalise_currency(code) == code


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [("USD", "EUR", True), ("GBp", "GBP", True), ("USD", "XXX", False), ("GBp", "GBX", False)],
)
def test_only_two_known_currencies_can_differ(one, other, differ):
    assert differ_in_currency(one, other) == differ_in_currency(other, one) == differ


def test_the_next_refresh_corrects_an_inferred_currency():
    recent = replace(STORED, currency=UNKNOWN_CURRENCY, frame=FRAME.iloc[-30:])
    assert agrees_in_overlap(STORED, recent)
    assert continue_series(STORED, recent).currency == UNKNOWN_CURRENCY
    assert find_contradiction(STORED, replace(STORED, currency=UNKNOWN_CURRENCY), DAYS[0].date()) is None


@pytest.mark.parametrize(
    "ticker", ["TSCO.LON", "VOD.L", "7203.T", "EURUSD=X", "^GSPC", "ETH-BTC", "NIFTY_FIN_SERVICE.NS", "MC.PA", "CEZ.PR"]
)
def test_only_american_listings_are_inferred_to_be_in_dollars(ticker):
    assert infer_listing_currency(ticker) == UNKNOWN_CURRENCY


@pytest.mark.parametrize("ticker", ["AAPL", "BRK.B", "BRK-B", "BAC-PA", "RDS.A", "BF.B"])
def test_american_listings_are_inferred_to_be_in_dollars(ticker):
    assert infer_listing_currency(ticker) == "USD"
