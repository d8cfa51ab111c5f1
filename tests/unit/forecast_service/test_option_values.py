"""The options of the commands: what has another form is refused in a sentence, with status 2."""

from __future__ import annotations

from datetime import date

import pytest

from forecast_service.market import __main__ as run
from forecast_service.market import workers
from forecast_service.option_values import parse_address, parse_day, parse_horizons, parse_port, parse_seconds
from forecast_service.replay import __main__ as replay

NO_ADDRESS = "is not the address of a Dask scheduler, such as tcp://host:8786"
NO_DATE = "is not a date of the form YYYY-MM-DD"
NO_HORIZONS = "is not a list of trading days from 1 to 250, such as 5,21,63"
NO_COUNT = "is not a whole number of at least 1"


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        *(
            ("--scheduler", text, NO_ADDRESS)
            for text in ("nonsense", "http://x:1", "tcp://x", "tcp://:1", "x:0", "x:65536")
        ),
        *(("--date", text, NO_DATE) for text in ("tomorrow", "2026-02-30", "20260301", "2026-W09-5", "")),
        *(("--horizons", text, NO_HORIZONS) for text in ("abc", "5,", "0", "251", "5,21.5", "")),
        *((option, "few", NO_COUNT) for option in ("--workers", "--range", "--keep", "--stall")),
        *((option, "0", NO_COUNT) for option in ("--workers", "--range", "--keep", "--stall")),
        *(("--few", text, "is not a whole number of at least 0") for text in ("some", "-1")),
    ],
)
def test_a_value_of_another_form_is_refused_by_the_run(option, value, reason, capsys):
    assert refusal(run.main, [f"{option}={value}"], capsys) == f"argument {option}: {value!r} {reason}"


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--scheduler", "nonsense", NO_ADDRESS),
        ("--date", "tomorrow", NO_DATE),
        *(
            ("--patience", text, "is not a positive number of seconds, such as 900")
            for text in ("x", "0", "nan", "inf")
        ),
        *(("--port", text, "is not a whole number from 1 to 65534") for text in ("x", "0", "65535")),
    ],
)
def test_a_value_of_another_form_is_refused_by_the_workers(option, value, reason, capsys):
    assert (
        refusal(workers.main, ["--scheduler=x:1", f"{option}={value}"], capsys)
        == f"argument {option}: {value!r} {reason}"
    )


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        *((option, text, NO_DATE) for option in ("--from", "--to") for text in ("tomorrow", "20260301", "2026-W09-5")),
        *(("--every", text, NO_COUNT) for text in ("x", "0", "1.5")),
    ],
)
def test_a_value_of_another_form_is_refused_by_the_replay(option, value, reason, capsys):
    assert (
        refusal(replay.main, ["--from=2026-01-01", f"{option}={value}"], capsys)
        == f"argument {option}: {value!r} {reason}"
    )


def refusal(main, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1].partition(" error: ")[2]


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tls://a.example:8786", "host:1", "tcp://[::1]:65535"])
def test_addresses_of_dask_are_taken_as_they_are(address):
    assert parse_address(address) == address


def test_values_are_read_from_their_usual_forms():
    assert parse_day("2026-11-20") == date(2026, 11, 20)
    assert parse_horizons("63, 5,5") == (5, 63)
    assert (parse_port("65534"), parse_seconds("0.5")) == (65534, 0.5)
