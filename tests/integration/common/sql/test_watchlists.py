"""Watchlists on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, NewAccount, create_account
from common.sql.repositories.watchlists import (
    MOST_ITEMS,
    MOST_WATCHLISTS,
    ListFull,
    NameTaken,
    NoSuchWatchlist,
    WatchlistEdit,
    WatchlistItem,
    create_watchlist,
    delete_watchlist,
    edit_watchlist,
    list_watchlists,
    put_items,
    read_watchlist,
    remove_item,
)

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def item(ticker, **more):
    return WatchlistItem(ticker=ticker, **{"days": 30, "level": 0.8, "model": "blend"} | more)


def create(store, name="Energy", account=LOCAL_ACCOUNT_ID):
    return store.transaction(lambda connection: create_watchlist(connection, account, name, NOW))


def put(store, list_id, *tickers, account=LOCAL_ACCOUNT_ID):
    items = [each if isinstance(each, WatchlistItem) else item(each) for each in tickers]
    return store.transaction(lambda connection: put_items(connection, account, list_id, items, LATER))


def edit(store, list_id, **change):
    return store.transaction(
        lambda connection: edit_watchlist(connection, LOCAL_ACCOUNT_ID, list_id, WatchlistEdit(**change), LATER)
    )


def read(store, list_id, account=LOCAL_ACCOUNT_ID):
    return store.read(lambda connection: read_watchlist(connection, account, list_id))


def names(store, account=LOCAL_ACCOUNT_ID):
    return [each.name for each in store.read(lambda connection: list_watchlists(connection, account))]


def tickers(watchlist):
    return [each.ticker for each in watchlist.items]


def test_stocks_keep_the_order_in_which_they_were_added(sql_store):
    made = create(sql_store)
    put(sql_store, made.id, "XOM", "AAPL")
    put(sql_store, made.id, "BP.L")
    found = read(sql_store, made.id)
    assert tickers(found) == ["XOM", "AAPL", "BP.L"]
    assert (found.created_at, found.updated_at) == (NOW, LATER)


def test_a_stock_that_is_put_again_is_replaced_at_its_place(sql_store):
    made = create(sql_store)
    put(sql_store, made.id, "XOM", "AAPL")
    put(sql_store, made.id, item("XOM", days=90, note="dividend", chance_above=120.5))
    assert read(sql_store, made.id).items == (item("XOM", days=90, note="dividend", chance_above=120.5), item("AAPL"))


def test_an_order_moves_the_named_stocks_to_the_front(sql_store):
    made = create(sql_store)
    put(sql_store, made.id, "A", "B", "C", "D")
    edit(sql_store, made.id, order=["D", "UNKNOWN", "B"])
    assert tickers(read(sql_store, made.id)) == ["D", "B", "A", "C"]


def test_lists_have_different_names_within_an_account_only(sql_store):
    first, second = create(sql_store, "Energy"), create(sql_store, "Banks")
    with pytest.raises(NameTaken):
        create(sql_store, "Energy")
    with pytest.raises(NameTaken):
        edit(sql_store, second.id, name="Energy")
    edit(sql_store, first.id, name="Energy")
    other = sql_store.transaction(lambda connection: create_account(connection, NewAccount("ada@example.com"), NOW))
    create(sql_store, "Energy", other.id)
    assert (names(sql_store), names(sql_store, other.id)) == (["Energy", "Banks"], ["Energy"])


def test_a_list_of_another_account_does_not_exist(sql_store):
    made = create(sql_store)
    other = sql_store.transaction(lambda connection: create_account(connection, NewAccount("ada@example.com"), NOW))
    with pytest.raises(NoSuchWatchlist):
        read(sql_store, made.id, other.id)
    with pytest.raises(NoSuchWatchlist):
        put(sql_store, made.id, "AAPL", account=other.id)
    with pytest.raises(NoSuchWatchlist):
        sql_store.transaction(lambda connection: delete_watchlist(connection, other.id, made.id))
    with pytest.raises(NoSuchWatchlist):
        sql_store.transaction(lambda connection: remove_item(connection, other.id, made.id, "AAPL", LATER))
    assert names(sql_store) == ["Energy"]


def test_a_removed_stock_and_a_deleted_list_are_gone(sql_store):
    made = create(sql_store)
    put(sql_store, made.id, "XOM", "AAPL")

    def remove():
        return sql_store.transaction(
            lambda connection: remove_item(connection, LOCAL_ACCOUNT_ID, made.id, "XOM", LATER)
        )

    assert [remove(), remove()] == [True, False]
    assert tickers(read(sql_store, made.id)) == ["AAPL"]
    sql_store.transaction(lambda connection: delete_watchlist(connection, LOCAL_ACCOUNT_ID, made.id))
    with pytest.raises(NoSuchWatchlist):
        read(sql_store, made.id)


def test_a_full_list_takes_no_other_stock_and_stays_as_it_is(sql_store):
    made = create(sql_store)
    put(sql_store, made.id, *(f"T{number}" for number in range(MOST_ITEMS)))
    with pytest.raises(ListFull):
        put(sql_store, made.id, "AAPL")
    put(sql_store, made.id, item("T0", note="replaced"))
    assert len(read(sql_store, made.id).items) == MOST_ITEMS


def test_an_account_has_a_limited_number_of_lists(sql_store):
    for number in range(MOST_WATCHLISTS):
        create(sql_store, f"list {number}")
    with pytest.raises(ListFull):
        create(sql_store, "one more")


def test_stocks_that_are_added_at_once_are_all_kept(sql_store):
    made = create(sql_store)
    wanted = [f"T{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda ticker: put(sql_store, made.id, ticker), wanted))
    assert sorted(tickers(read(sql_store, made.id))) == sorted(wanted)
