"""The search for a shape over many stocks: the nearest windows of all of them, by two passes.

The first pass keeps the nearest windows. The outcomes need the prices of their stocks only; a second pass adds them.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from common.domain.errors import UnusableWindow
from common.domain.patterns.questions import MAX_WINDOW, MIN_WINDOW, ShapeSearch
from forecast_service.patterns.finders.shapes import (
    FlatShape,
    Shape,
    correlate,
    find_windows,
    select_apart,
    warped_distances,
)
from forecast_service.patterns.occurrences import Floats, Occurrences
from forecast_service.patterns.stocks import Stock

CANDIDATES = 3
"""The windows that are ranked by dynamic time warping, for each one that is returned."""
_FLAT = "This shape is flat: its prices move no more than noise does. Mark a part with a form."


@dataclass(frozen=True)
class Window:
    """A window that is near to the shape, with its days counted from 1970-01-01."""

    ticker: str
    begin: int
    end: int
    known: int
    similarity: float
    distance: float
    values: Floats = field(repr=False)


@dataclass(frozen=True)
class OwnWindow:
    """The window of the question, which is no hit."""

    ticker: str
    begin: date
    end: date


@dataclass
class ShapeFinder:
    """A shape that is found in all stocks.

    Args:
        item: the place of the pattern in the question.
        name: the pattern in words.
        search: the question.
        shape: the shape.
        own: the window from which the shape was taken; None for numbers.
    """

    item: int
    name: str
    search: ShapeSearch
    shape: Shape
    own: OwnWindow | None
    sign: None = None
    _nearest: list[tuple[float, str, int, Window]] = field(default_factory=list)

    @property
    def drawing(self) -> list[float]:
        """The shape for a chart: z-normalised values."""
        return [round(float(value), 3) for value in self.shape.values]

    def find(self, stock: Stock) -> Occurrences:
        """Keep the nearest windows of a stock. None is returned, as later stocks may have nearer ones."""
        if len(stock.closes) > len(self.shape):
            found = find_windows(
                correlate(stock.logs[None], self.shape)[0], stock.runs, self.shape, self.search.similarity
            )
            for place in np.flatnonzero(self._is_other(stock, found)).tolist():
                self._keep(stock, found, place)
        none = np.empty(0, np.intp)
        return Occurrences.of(none, none, none)

    def choose(self) -> dict[str, list[Window]]:
        """Return the nearest windows of all stocks by their tickers."""
        windows = [window for *_, window in self._nearest]
        distances: Sequence[float] = [window.distance for window in windows]
        if self.search.dtw and windows:
            distances = warped_distances(np.array([window.values for window in windows]), self.shape).tolist()
        order = sorted(range(len(windows)), key=lambda place: (distances[place], windows[place].ticker))
        by_ticker: dict[str, list[Window]] = defaultdict(list)
        for place in order[: self.search.nearest]:
            window = windows[place]
            by_ticker[window.ticker].append(Window(**vars(window) | {"distance": distances[place]}))
        return by_ticker

    def _is_other(self, stock: Stock, found: Occurrences) -> NDArray[np.bool_]:
        """Return for each window whether it shares no day with the question's own window."""
        if self.own is None or self.own.ticker != stock.ticker:
            return np.ones(len(found), bool)
        begin, end = stock.find_rows(self.own.begin, self.own.end)
        return (found.end < begin) | (found.begin > end)

    def _keep(self, stock: Stock, found: Occurrences, place: int) -> None:
        limit = self.search.nearest * (CANDIDATES if self.search.dtw else 1)
        distance, is_full = float(found.distance[place]), len(self._nearest) == limit
        if is_full and -distance <= self._nearest[0][0]:
            return
        begin, end = int(found.begin[place]), int(found.end[place])
        window = Window(
            stock.ticker,
            int(stock.days[begin]),
            int(stock.days[end]),
            int(stock.days[int(found.known[place])]),
            float(found.similarity[place]),
            distance,
            Shape.of(stock.closes[begin : end + 1]).values if self.search.dtw else np.empty(0),
        )
        entry = (-distance, stock.ticker, end, window)
        (heapq.heapreplace if is_full else heapq.heappush)(self._nearest, entry)


def locate(stock: Stock, windows: Sequence[Window]) -> Occurrences:
    """Return the places of windows in their stock; of prices that changed meanwhile, those that still exist."""
    windows = sorted(windows, key=lambda window: window.known)
    days = np.array([[window.begin, window.end, window.known] for window in windows], np.int64).reshape(-1, 3)
    rows = np.minimum(np.searchsorted(stock.days, days), len(stock.days) - 1)
    exists = (stock.days[rows] == days).all(axis=1)
    begin, end, known = rows[exists].T
    values = np.array([(window.similarity, window.distance) for window in windows]).reshape(-1, 2)[exists].T
    similarity, distance = values
    return Occurrences(begin, end, known, similarity, distance, select_apart(begin, end, distance))


def shape_finder(item: int, search: ShapeSearch, own: Stock) -> ShapeFinder:
    """Return the finder of a shape.

    Raises:
        UnusableWindow: the window is flat, too short or too long, or not within the prices.
    """
    if search.numbers is not None:
        try:
            shape = Shape.of(np.array(search.numbers, "float64"))
        except FlatShape as exc:
            raise UnusableWindow(_FLAT) from exc
        return ShapeFinder(item, f"a shape of {len(shape)} numbers", search, shape, None)
    window = OwnWindow(own.ticker, search.start or date.min, search.end or date.max)
    name = f"the shape of {own.ticker} from {window.begin} to {window.end}"
    return ShapeFinder(item, name, search, _shape_of(own, window), window)


def _shape_of(stock: Stock, window: OwnWindow) -> Shape:
    first, last = stock.date_of(0), stock.date_of(len(stock.closes) - 1)
    if window.begin < first or window.end > last:
        raise UnusableWindow(f"{stock.ticker} has prices from {first} to {last}. Mark a part between these days.")
    begin, end = stock.find_rows(window.begin, window.end)
    count = end - begin + 1
    if not MIN_WINDOW <= count <= MAX_WINDOW:
        raise UnusableWindow(f"This part has {count} trading days. Mark {MIN_WINDOW} to {MAX_WINDOW}.")
    try:
        shape = Shape.of(stock.closes[begin : end + 1])
    except FlatShape as exc:
        raise UnusableWindow(_FLAT) from exc
    if correlate(stock.logs[None], shape)[0, end] < 0:
        raise UnusableWindow(_FLAT)
    return shape
