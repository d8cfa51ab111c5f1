"""``python -m benchmarks.pattern_claims``: how often a pattern search claims an effect, without one and with one.

Without an effect: random walks, moves with volatility clusters and fat tails (GARCH with Student's t), and stocks with
a market in common. At most 5 % of the searches may claim anything. With an effect: the share of searches that find a
move of so many deviations in the 5 days after each of 60 hits. A run takes some minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.report import parser, report
from common.domain.patterns.questions import CandleSearch, TurnaroundSearch
from forecast_service.patterns.occurrences import Floats, Occurrences
from forecast_service.patterns.outcomes.comparison import compare_all
from forecast_service.patterns.searches import PatternFinder, candle_finders, turnaround_finder
from forecast_service.patterns.stocks import Stock
from forecast_service.patterns.tallies import Tally

SEARCHES: dict[str, PatternFinder] = {
    "candles": candle_finders(0, CandleSearch(type="candles", candles="G G R"))[0],
    "large_falls": candle_finders(0, CandleSearch(type="candles", candles="R>2%"))[0],
    "turnaround": turnaround_finder(0, TurnaroundSearch(type="turnaround", turn="up", percent=8.0)),
}
HITS, SPACING, WEEK = 60, 40, 5
EFFECTS = (0.25, 0.5, 1.0)
_DEVIATION = 0.015


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=100, help="the searches behind each figure")
    arguments = options.parse_args()
    figures = {f"claims_{name}": claims(make, arguments.runs) for name, make in MARKETS.items()}
    figures["found_of_60_hits"] = {f"{effect:g}_deviations": found(effect, arguments.runs) for effect in EFFECTS}
    report(figures, arguments.json)


def claims(make: Callable[[np.random.Generator], list[Stock]], runs: int) -> dict[str, float]:
    """Return for each search the share of runs that claim anything."""
    counts = dict.fromkeys(SEARCHES, 0)
    for seed in range(runs):
        stocks = make(np.random.default_rng(seed))
        for name, finder in SEARCHES.items():
            tally = Tally(1)
            for stock in stocks:
                tally.add(stock, finder.find(stock))
            counts[name] += not {"better", "worse"}.isdisjoint(_verdicts(tally))
    return {name: count / runs for name, count in counts.items()}


def found(effect: float, runs: int) -> float:
    """Return the share of runs that find an effect in the week after each hit."""
    count = 0
    hits = np.arange(100, 100 + HITS * SPACING, SPACING)
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        moves = rng.normal(0, _DEVIATION, hits[-1] + SPACING)
        for day in range(1, WEEK + 1):
            moves[hits + day] += effect * _DEVIATION * WEEK**0.5 / WEEK
        tally = Tally(1)
        tally.add(make_stock(rng, moves), Occurrences.of(hits, hits, hits))
        count += _verdicts(tally)[0] == "better"
    return count / runs


def _verdicts(tally: Tally) -> list[str]:
    (followed,), _ = compare_all([tally.outcomes])
    return [one.verdict for one in followed]


def random_walk(rng: np.random.Generator) -> list[Stock]:
    """Return one stock of 2500 days."""
    return [make_stock(rng, rng.normal(0, _DEVIATION, 2500))]


def clustered(rng: np.random.Generator) -> list[Stock]:
    """Return one stock whose volatility has clusters and whose moves have fat tails."""
    return [make_stock(rng, garch_moves(rng, 2500))]


def common_market(rng: np.random.Generator) -> list[Stock]:
    """Return 15 stocks, two thirds of whose variance is one market's."""
    market = rng.normal(0, 0.012, 1500)
    return [make_stock(rng, market + rng.normal(0, 0.0085, 1500)) for _ in range(15)]


def clustered_market(rng: np.random.Generator) -> list[Stock]:
    """Return eight stocks with a market in common; all of them have clusters of volatility."""
    market = garch_moves(rng, 1500)
    return [make_stock(rng, market + 0.7 * garch_moves(rng, 1500)) for _ in range(8)]


MARKETS: dict[str, Callable[[np.random.Generator], list[Stock]]] = {
    "random_walk": random_walk,
    "garch": clustered,
    "15_stocks_of_a_market": common_market,
    "8_stocks_of_a_garch_market": clustered_market,
}


def garch_moves(rng: np.random.Generator, days: int) -> Floats:
    """Return the moves of a GARCH(1, 1) process with Student's t of four degrees of freedom."""
    shocks, moves, variance = rng.standard_t(4, days) / 2**0.5, np.empty(days), 1.0
    for day, shock in enumerate(shocks):
        moves[day] = variance**0.5 * shock
        variance = 0.05 + 0.10 * moves[day] ** 2 + 0.85 * variance
    return np.asarray(0.012 * moves)


def make_stock(rng: np.random.Generator, moves: Floats) -> Stock:
    """Return a stock with these moves of the logarithm, which opens near the close before."""
    closes = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate(([100], closes[:-1])) * np.exp(rng.normal(0, 0.003, len(closes)))
    prices = {"open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes), "close": closes}
    return Stock("S", pd.DataFrame(prices, index=pd.bdate_range("2015-01-01", periods=len(closes), name="date")))


if __name__ == "__main__":
    main()
