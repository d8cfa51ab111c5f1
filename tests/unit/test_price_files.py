import pandas as pd
import pytest

from benchmarks.price_files import LEAST_ROWS, closes_in

HEADER = "Date,Open,High,Low,Close,Adj Close,Volume\n"
DAYS = pd.bdate_range("2012-01-02", periods=LEAST_ROWS)


def write(folder, name, days, close="{:.2f}"):
    rows = "".join(f"{day},1,1,1,{close.format(100 + n)},1,1\n" for n, day in enumerate(days))
    (folder / f"{name}.csv").write_text(HEADER + rows)


def test_a_folder_in_yahoos_format_is_read(tmp_path):
    write(tmp_path, "PLAIN", DAYS.strftime("%Y-%m-%d"))
    closes = closes_in(tmp_path)["PLAIN"]
    assert (len(closes), closes.iloc[0], closes.index[0]) == (LEAST_ROWS, 100.0, DAYS[0])


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d 00:00:00+09:00", "%Y-%m-%d 00:00:00-05:00", "%m/%d/%Y", "%Y-%m-%dT00:00:00Z"]
)
def test_days_are_the_exchanges_own_in_any_form(tmp_path, form):
    write(tmp_path, "ODD", DAYS.strftime(form))
    assert list(closes_in(tmp_path)["ODD"].index) == list(DAYS)


def test_rows_without_a_close_and_days_that_come_twice_are_left_out(tmp_path):
    write(tmp_path, "GAPS", [*DAYS.strftime("%Y-%m-%d"), "2012-01-02", "never"])
    with (tmp_path / "GAPS.csv").open("a") as file:
        file.write("2030-01-02,1,1,1,null,1,1\n2030-01-03,1,1,1,-5,1,1\n")
    assert len(closes_in(tmp_path)["GAPS"]) == LEAST_ROWS


@pytest.mark.parametrize("content", ["", HEADER, "a,b\n1,2\n", HEADER + "2012-01-02,1,1,1,5,1,1\n"])
def test_a_file_of_no_use_is_left_out_and_named(tmp_path, capsys, content):
    (tmp_path / "BAD.csv").write_text(content)
    assert closes_in(tmp_path) == {}
    assert "BAD: left out" in capsys.readouterr().err


def test_thousands_separators_are_understood(tmp_path):
    write(tmp_path, "DEAR", DAYS.strftime("%Y-%m-%d"), close='"1,{:.2f}"')
    assert closes_in(tmp_path)["DEAR"].iloc[0] == 1100.0
