"""pandas without pyarrow, for services that use pandas and no Parquet."""

from __future__ import annotations

import sys


def leave_out_pyarrow() -> None:
    """Make pandas start without pyarrow, as where it is not installed. Call it before the first import of pandas.

    pandas 3 imports pyarrow wherever it is installed. That takes 36 MB of each process and a twentieth of a second.
    """
    if "pandas" not in sys.modules:
        sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]  # the import system's own mark of absence
