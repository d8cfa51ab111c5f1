"""Frames of pandas from the records of a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NO_PANDAS = "to_frame() needs pandas. Install it: pip install 'stockcast-client[pandas]'."


def frame_of(records: Iterable[Mapping[str, Any]], *, index: str, dates: Iterable[str] = ()) -> pd.DataFrame:
    """Return a frame with one row a record.

    Args:
        records: the rows by column.
        index: the column that becomes the index.
        dates: the columns with days or times, which become timestamps.

    Raises:
        ImportError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an extra that many clients do without
    except ImportError as exc:
        raise ImportError(NO_PANDAS) from exc
    frame = pd.DataFrame.from_records(list(records))
    if frame.empty:
        return frame
    for name in dates:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame.set_index(index)
