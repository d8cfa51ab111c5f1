"""The progress of long work on a terminal and on other streams."""

from __future__ import annotations

import io

import pytest

from cli.output.progress_bar import ProgressBar
from common.domain.progress import WorkProgress


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_with_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen()
    bar = ProgressBar(screen, "AAPL")
    bar.show(WorkProgress(0.25, "AutoETS, origin 12 of 40"))
    shown = screen.getvalue().split("\r")[-1]
    bar.close()
    assert shown == " 25 %|=====               | AAPL: AutoETS, origin 12 of 40"
    assert screen.getvalue().split("\r")[-2].strip() == "", "the bar is removed"


def test_a_bar_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen()
    bar = ProgressBar(screen, "AAPL")
    bar.show(WorkProgress(0.5, "a very long step " * 10))
    bar.close()
    assert max(map(len, screen.getvalue().replace("\n", "\r").split("\r"))) <= 40


def test_another_stream_has_a_line_for_each_tenth_of_the_work() -> None:
    stream = io.StringIO()
    bar = ProgressBar(stream, "AAPL")
    bar.show(WorkProgress(0.0, "waiting for its turn"))
    for percent in range(101):
        bar.show(WorkProgress(percent / 100, f"origin {percent} of 100"))
    bar.close()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["AAPL: waiting for its turn", "AAPL: 10 %, origin 10 of 100"]
    assert len(lines) == 11
