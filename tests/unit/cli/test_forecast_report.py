from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from cli.output.chances_report import format_price_chances, format_risk
from cli.output.chart_files import write_chart
from cli.output.forecast_report import format_forecast
from cli.output.terminal import Paint
from common.domain.formats import format_date
from common.domain.results import Forecast
from tests.unit.cli.test_api_client import DONE


def report(**data: Any) -> str:
    return format_forecast(Forecast.model_validate(DONE | {"data": DONE["data"] | data}), Path("/tmp/p.png"), Paint())  # noqa: S108


def test_every_number_has_its_unit_date_and_source() -> None:
    text = report()
    assert text.startswith("AAPL on Mon 1 Apr 2013: 450.00 USD\n")
    for part in (
        "80 % interval",
        "400.00 to 500.00 USD",
        "430.47 USD on Fri 1 Mar 2013",
        "the sample data, 2518 prices from Mon 3 Mar 2003 to Fri 1 Mar 2013",
        "/tmp/p.png",  # noqa: S108
    ):
        assert part in text


def test_chances_and_risk_take_a_line_each() -> None:
    lines = report().splitlines()
    assert "  chances        gain 51 %; over 10 %: gain 17 %, loss 14 %" in lines
    assert (
        "  risk           with a probability of 95 % each, it may end at most 15.4 % below the last close, "
        "and fall at most 19.5 % from a peak on the way"
    ) in lines


def test_a_gain_in_bad_cases_is_no_negative_loss() -> None:
    risk = Forecast.model_validate(DONE).risk
    assert risk
    assert "at least 2.0 % above the last close" in format_risk(risk.model_copy(update={"value_at_risk_95_pct": -2.0}))


def test_a_result_of_an_earlier_version_has_no_chances_and_no_risk() -> None:
    earlier = Forecast.model_validate(DONE | {"distribution": None, "chances": None, "risk": None})
    lines = format_forecast(earlier, Path("/tmp/p.png"), Paint()).splitlines()  # noqa: S108
    assert not [line for line in lines if line.split()[:1] in (["chances"], ["risk"])]
    assert "no distribution" in format_price_chances(earlier, None)[0]


def test_sample_prices_are_named() -> None:
    assert "old sample prices that end on Fri 1 Mar 2013" in report()


def test_stale_prices_are_called_old() -> None:
    assert "The prices are old" in report(source="tiingo")
    assert "old" not in report(source="tiingo", stale=False)


def test_a_date_has_a_weekday_and_a_month_name() -> None:
    assert format_date(date(2013, 4, 2)) == "Tue 2 Apr 2013"


def test_a_chart_replaces_the_earlier_file_and_leaves_no_other(tmp_path: Path) -> None:
    chart = tmp_path / "AAPL-30d.png"
    chart.write_bytes(b"old")
    write_chart(chart, b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"AAPL-30d.png": b"new"}
    assert chart.stat().st_mode & 0o600 == 0o600


def test_a_chart_is_written_through_a_symbolic_link(tmp_path: Path) -> None:
    link, real = tmp_path / "link.png", tmp_path / "real.png"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_chart(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_chart_can_be_written_to_a_pipe_or_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        write_chart(pipe, b"new")
        assert reader.communicate(timeout=100)[0] == b"new"
    assert pipe.is_fifo()
    write_chart(Path(os.devnull), b"new")
    assert Path(os.devnull).is_char_device()
