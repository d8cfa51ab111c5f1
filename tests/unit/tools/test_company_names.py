"""The committed company names are those that the command makes."""

from common.domain.questions import TICKER
from tools.company_names import file_text, listings_of, with_well_known
from webserver.stocks.company_names import FILE, Listing, read_listings


def test_the_committed_file_is_current():
    assert FILE.read_text(encoding="utf-8") == file_text(), "run python -m tools.company_names"


def test_every_ticker_of_the_file_can_be_requested():
    listings = read_listings()
    assert len(listings) > 1000
    assert Listing("AAPL", "Apple Inc.", 4) in listings
    assert all(TICKER.match(listing.ticker) and listing.name for listing in listings)


def test_a_well_known_name_is_added_to_a_listing():
    (meta,) = [one for one in with_well_known([Listing("META", "Meta Platforms", 3)]) if one.ticker == "META"]
    assert (meta.name, meta.indices) == ("Meta Platforms", 3)
    assert "facebook" in meta.other_names


def test_home_listings_and_listings_in_new_york_are_included():
    table = {
        "S&P 500": {"companies": [{"name": "Berkshire", "symbol": "BRK.B", "symbols": [
            {"yahoo": "BRK-B", "google": "NYSE:BRK.B"}]}]},
        "BEL 20": {"companies": [{"name": "AB InBev", "symbol": "ABI.BR", "symbols": [
            {"yahoo": "1NBA.F", "google": "FRA:1NBA"}, {"yahoo": "BUD", "google": "NYSE:BUD"}]}]},
        "SDAX": {"companies": [{"name": "1&1", "symbol": "1U1", "symbols": [{"yahoo": "1U1.F", "google": "FRA:1U1"}]},
                               {"name": "nobody"}, {"name": "odd", "symbol": "a b.c"}]},
    }  # fmt: skip
    assert {(listing.ticker, listing.name) for listing in listings_of(table)} == {
        ("BRK-B", "Berkshire"), ("ABI.BR", "AB InBev"), ("BUD", "AB InBev"), ("1U1.F", "1&1"),
    }  # fmt: skip
