import pandas as pd
import pytest

from benchmarks.price_files import MIN_ROWS, read_closes

HEADER = "Date,Open,High,Low,Close,Adj Close,Volume\n"
DAYS = pd.bdate_range("2012-01-02", periods=MIN_ROWS)


def write(folder, name, days, close="{:.2f}"):
    rows = "".join(f"{day},1,1,1,{close.format(100 + n)},1,1\n" for n, day in enumerate(days))
    (folder / f"{name}.csv").write_text(HEADER + rows)


def test_a_folder_in_yahoos_format_is_read(tmp_path):
    write(tmp_path, "PLAIN", DAYS.strftime("%Y-%m-%d"))
    closes = read_closes(tmp_path)["PLAIN"]
    assert (len(closes), closes.iloc[0], closes.index[0]) == (MIN_ROWS, 100.0, DAYS[0])


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d 00:00:00+09:00", "%Y-%m-%d 00:00:00-05:00", "%m/%d/%Y", "%Y-%m-%dT00:00:00Z", '"%b %d, %Y"']
)
def test_dates_are_read_in_any_format_and_without_their_zone(tmp_path, form):
    write(tmp_path, "ODD", DAYS.strftime(form))
    assert list(read_closes(tmp_path)["ODD"].index) == list(DAYS)


def test_rows_without_a_close_and_repeated_days_are_left_out_and_counted(tmp_path, capsys):
    write(tmp_path, "GAPS", [*DAYS.strftime("%Y-%m-%d"), "2012-01-02", "never"])
    with (tmp_path / "GAPS.csv").open("a") as file:
        file.write("2030-01-02,1,1,1,null,1,1\n2030-01-03,1,1,1,-5,1,1\n2030-01-04,1,1,1,inf,1,1\n")
    closes = read_closes(tmp_path)["GAPS"]
    assert (len(closes), closes.iloc[0]) == (MIN_ROWS, 100.0)
    assert capsys.readouterr().err == (
        "GAPS.csv: rows left out: 4 without a day or a positive close, 1 of days that came before\n"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "No columns to parse from file"),
        (HEADER, "of 0 rows 0 are usable"),
        (HEADER + "2012-01-02,1,1,1,5,1,1\n", f"fewer than {MIN_ROWS}"),
        (HEADER + "2012-01-02,1,1,1,null,1,1\n", "of 1 rows 0 are usable (1 without a day or a positive close"),
        ("a,b\n1,2\n", "it has no column Date and no column Close"),
        ("Date,Adj Close\n2012-01-02,2\n", "it has no column Close"),
        ("<html>\n<p>a,b\n<p>,,,,,,,\n", "Error tokenizing data"),
        ("Date,Close\n\udcff\n", "can't decode byte"),
    ],
    ids=["empty", "header only", "one row", "null", "another table", "adjusted only", "a page", "not UTF-8"],
)
def test_an_unusable_file_is_left_out_and_reported_in_one_line(tmp_path, capsys, content, why):
    (tmp_path / "BAD.csv").write_bytes(content.encode(errors="surrogateescape"))
    assert read_closes(tmp_path) == {}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("BAD.csv: left out, ")
    assert why in line


def test_a_file_that_cannot_be_opened_is_left_out(tmp_path, capsys):
    (tmp_path / "FOLDER.csv").mkdir()
    assert read_closes(tmp_path) == {}
    assert capsys.readouterr().err.startswith("FOLDER.csv: left out, ")


def test_the_case_of_names_and_the_order_of_rows_and_columns_do_not_matter(tmp_path):
    rows = [f"x,{100 + n}.5, {day:%Y-%m-%d}" for n, day in enumerate(DAYS)]
    (tmp_path / "acme.CSV").write_text("\n".join(["\ufeffName,CLOSE, date", *rows[::-1]]), encoding="utf-8")
    closes = read_closes(tmp_path)["acme"]
    assert (len(closes), closes.iloc[0], closes.index[0]) == (MIN_ROWS, 100.5, DAYS[0])
    assert closes.index.is_monotonic_increasing


def test_thousands_separators_are_ignored(tmp_path):
    write(tmp_path, "DEAR", DAYS.strftime("%Y-%m-%d"), close='"1,{:.2f}"')
    assert read_closes(tmp_path)["DEAR"].iloc[0] == 1100.0
