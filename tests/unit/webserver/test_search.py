import pytest
from hypothesis import given
from hypothesis import strategies as st

from webserver.http import cooperative_work as cooperation
from webserver.stocks.company_names import Listing, read_listings
from webserver.stocks.search import MOST_FOUND, SearchIndex, SearchIndexes, folded, is_one_slip

LISTINGS = [
    Listing("AAPL", "Apple Inc.", 4), Listing("APLE", "Apple Hospitality REIT, Inc.", 1), Listing("APP", "AppLovin", 2),
    Listing("KO", "The Coca-Cola Company", 3), Listing("CCEP", "Coca-Cola Europacific Partners", 1),
    Listing("GOOG", "Alphabet Inc.", 3), Listing("OR.PA", "L'Oréal", 2), Listing("BRK-B", "Berkshire Hathaway", 2),
    Listing("JPM", "JPMorgan Chase", 3), Listing("A", "Agilent Technologies", 1),
]  # fmt: skip


def found(query, stored=()):
    return [listing.ticker for listing in SearchIndex(LISTINGS, frozenset(stored)).best_matches(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("aapl", "AAPL"), (" Apple ", "AAPL"), ("a", "A"), ("app", "APP"), ("coca cola", "KO"), ("google", "GOOG"),
        ("loreal", "OR.PA"), ("L'OREAL", "OR.PA"), ("brk.b", "BRK-B"), ("hathaway", "BRK-B"), ("jp morgan", "JPM"),
        ("hospitality apple", "APLE"),
    ],
)  # fmt: skip
def test_the_best_match_is_first(query, first):
    assert found(query)[0] == first


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("appl", "AAPL"), ("JMP", "JPM"), ("gogo", "GOOG"), ("JPMM", "JPM"), ("aplple", "AAPL"), ("goog1", "GOOG")],
)
def test_one_typing_error_is_tolerated(typed, meant):
    assert meant in found(typed)


@pytest.mark.parametrize(
    ("typed", "meant", "is_slip"),
    [
        ("appl", "aapl", True), ("mstf", "msft", True), ("msf", "msft", True), ("msftt", "msft", True),
        ("msxt", "msft", True), ("msft", "msft", False),
        ("ab", "abc", False), ("tsla", "aapl", False), ("abcd", "dcba", False),
        ("abcd", "badc", False),
    ],
)  # fmt: skip
def test_a_typing_error_is_one_letter_or_two_swapped_ones(typed, meant, is_slip):
    assert is_one_slip(typed, meant) is is_slip
    assert is_one_slip(meant, typed) is is_slip


@pytest.mark.parametrize("query", ["apple inc", "Apple Corp.", "APPLE Incorporated"])
def test_the_legal_form_is_ignored(query):
    assert found(query)[0] == "AAPL"


@pytest.mark.parametrize(
    ("query", "ticker"),
    [("SPY", "SPY"), ("qqq", "QQQ"), ("BTC-USD", "BTC-USD"), ("bitcoin", "BTC-USD"), ("facebook", "META"),
     ("google", "GOOGL"), ("s&p 500", "^GSPC"), ("eurusd", "EURUSD=X"), ("square", "XYZ")],
)  # fmt: skip
def test_funds_indices_currencies_and_former_names_are_found(query, ticker):
    assert ticker in [listing.ticker for listing in SearchIndex(read_listings(), frozenset()).best_matches(query)[:2]]


@pytest.mark.parametrize("query", ["", "   ", "...", "xyzzy", "ple hos x"])
def test_a_query_without_a_match_finds_nothing(query):
    assert found(query) == []


def test_stored_tickers_are_found_and_come_first_among_equal_matches():
    assert found("^gs", stored={"^GSPC"}) == ["^GSPC"]
    assert found("apple i")[0] == "AAPL"
    assert found("coca", stored={"CCEP"})[0] == "CCEP"


def test_at_most_ten_matches_are_returned():
    many = [Listing(f"A{n}", f"A company {n}", 1) for n in range(100)]
    assert len(SearchIndex(many, frozenset()).best_matches("a")) == MOST_FOUND


def test_accents_case_and_punctuation_are_ignored():
    assert folded("  L’Oréal, S.A. ") == "l oreal s a"


def test_an_index_prepares_its_listings_once_and_a_repeated_query_not_at_all(monkeypatch):
    prepared = []
    index = SearchIndex(LISTINGS, frozenset())
    monkeypatch.setattr("webserver.stocks.search._rank", lambda *compared: prepared.append(compared) or 9)
    monkeypatch.setattr("webserver.stocks.search._entry", lambda _: pytest.fail("a listing was prepared again"))
    for _ in range(3):
        assert index.best_matches("a" * 64) == []
    assert len(prepared) == 1  # the ticker A, with which the query begins


def test_an_index_is_rebuilt_only_after_a_change():
    indexes, listings = SearchIndexes(), tuple(LISTINGS)
    first = indexes.of(listings, frozenset({"AAPL"}))
    assert indexes.of(listings, frozenset({"AAPL"})) is first
    assert indexes.of(listings, frozenset({"^GSPC"})).best_matches("^gs")[0].ticker == "^GSPC"
    assert indexes.of((), frozenset()).best_matches("apple") == []


@given(st.text("aplcojmghd.- ", max_size=8) | st.text(max_size=8))
def test_the_index_finds_the_same_as_a_full_search(query):
    index = SearchIndex(LISTINGS, frozenset({"CCEP", "^GSPC"}))
    found_by_index = index.best_matches(query)
    everything = set(range(len(LISTINGS) + 1))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SearchIndex, "_candidates", lambda *_: everything)
        assert found_by_index == SearchIndex(LISTINGS, frozenset({"CCEP", "^GSPC"})).best_matches(query)


def test_a_long_search_yields_to_other_requests(monkeypatch):
    """With pieces of no length, others have their turn after each listing: with matches, and with a slip."""
    many = [Listing(f"AA{number}", f"Apple {number}", 1) for number in range(300)]
    index = SearchIndex(many, frozenset())
    turns = []
    monkeypatch.setattr(cooperation, "give_way", lambda: turns.append(1))
    monkeypatch.setattr(cooperation, "PIECE_S", 0.0)
    for query in ("apple", "qwertz"):
        turns.clear()
        index.best_matches(query)
        assert len(turns) >= 299, query
