from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from common.results import Forecast
from local_stack.cli import write_picture
from local_stack.report import written_date, written_forecast
from tests.unit.test_local_stack_client import DONE


def report(**data: Any) -> str:
    return written_forecast(Forecast.model_validate(DONE | {"data": DONE["data"] | data}), Path("/tmp/p.png"))  # noqa: S108


def test_no_number_without_its_unit_its_date_and_its_source() -> None:
    text = report()
    assert text.startswith("AAPL on Mon 1 Apr 2013: 450.00 USD\n")
    for part in (
        "80 % interval",
        "400.00 to 500.00 USD",
        "430.47 USD on Fri 1 Mar 2013",
        "sample, 2518 daily prices from Mon 3 Mar 2003 to Fri 1 Mar 2013",
        "/tmp/p.png",  # noqa: S108
    ):
        assert part in text


def test_sample_prices_are_called_so_in_plain_words() -> None:
    assert "old sample prices that end on Fri 1 Mar 2013" in report()


def test_stale_prices_are_called_old() -> None:
    assert "The prices are old" in report(source="tiingo")
    assert "old" not in report(source="tiingo", stale=False)


def test_a_date_is_written_for_people() -> None:
    assert written_date(date(2013, 4, 2)) == "Tue 2 Apr 2013"


def test_a_picture_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    picture = tmp_path / "AAPL-30d.png"
    picture.write_bytes(b"old")
    write_picture(picture, b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"AAPL-30d.png": b"new"}
    assert picture.stat().st_mode & 0o600 == 0o600
