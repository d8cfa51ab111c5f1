"""Chart files: their paths and their atomic writing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.domain.questions import ForecastQuestion


class InvalidChartPath(Exception):
    """A chart cannot be written to the path of ``--out``."""


def chart_paths(questions: list[ForecastQuestion], out: Path | None) -> list[Path]:
    """Return the paths of the charts, in the current folder or the folder ``out``. One chart may be the file ``out``.

    Raises:
        InvalidChartPath: a chart cannot be written there. The check comes before the forecast.
    """
    if out is not None and not out.is_dir():
        if len(questions) > 1:
            raise InvalidChartPath(f"{out} is not a folder. Pass an existing folder as --out for several charts.")
        paths = [out]
    else:
        paths = [(out or Path()) / f"{_name(question)}.png" for question in questions]
    for path in paths:
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise InvalidChartPath(f"The chart cannot be written to {path}. Pass another file as --out.")
    return paths


def _name(question: ForecastQuestion) -> str:
    field = "" if question.field == "close" else f"-{question.field}"
    return f"{question.ticker}{field}-{question.days}d"


def write_chart(path: Path, png: bytes) -> None:
    """Replace the file atomically. Write directly to a device or a pipe."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(png)
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(png)
    temporary = Path(file.name)
    # A temporary file has mode 600; the chart gets the mode of an ordinary file.
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    temporary.replace(path)
