"""The texts of a board: formulas in its CSV, and the version of names and sectors."""

from datetime import date

import pytest

from webserver.market.board.board import Board, Column
from webserver.market.rows import csv_parts


def board_of(name):
    columns = {"ticker": Column("text", ["AAPL"]), "name": Column("text", [name])}
    return Board(date(2026, 11, 27), "v", "engine", (21,), columns)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n"])
def test_no_text_of_the_csv_is_a_formula(sign):
    text = b"".join(csv_parts(board_of(f"{sign}1+1"), [0])).decode()
    assert f"'{sign}1+1" in text


def test_another_name_is_another_version():
    assert board_of("Apple").texts_version == board_of("Apple").texts_version != board_of("Apple Inc.").texts_version
