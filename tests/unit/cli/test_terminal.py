from __future__ import annotations

import io

import pytest

from cli.output.terminal import Paint, ProgressLine, paint_for


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_ends_after_the_text() -> None:
    assert Paint(colours=True).red("no") == "\x1b[31mno\x1b[0m"
    assert Paint().red("no") == "no"


@pytest.mark.parametrize(
    ("stream", "environment", "colours"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": ""}, True),  # as no-color.org says: set and not empty
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_appear_on_terminals_unless_they_are_turned_off(
    stream: io.StringIO, environment: dict[str, str], colours: bool
) -> None:
    assert paint_for(stream, environment).colours is colours


def test_progress_is_one_line_that_is_cleared() -> None:
    screen = Screen()
    progress = ProgressLine(screen)
    progress.show("AAPL", "asking")
    progress.show("MSFT", "asking")
    progress.show("AAPL", "forecasting")
    progress.done()
    lines = screen.getvalue().split("\r\x1b[K")
    assert lines == ["", "AAPL asking", "AAPL asking · MSFT asking", "AAPL forecasting · MSFT asking", ""]


def test_unchanged_progress_is_not_written_again() -> None:
    screen = Screen()
    progress = ProgressLine(screen)
    progress.done()
    assert screen.getvalue() == ""
    for _ in range(3):
        progress.show("AAPL", "asking")
    assert screen.getvalue().count("AAPL") == 1


def test_progress_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen()
    ProgressLine(screen).show("x" * 100)
    assert screen.getvalue() == "\r\x1b[K" + "x" * 19


def test_progress_is_not_written_to_other_streams() -> None:
    file = io.StringIO()
    progress = ProgressLine(file)
    progress.show("AAPL", "asking")
    progress.done()
    assert file.getvalue() == ""
