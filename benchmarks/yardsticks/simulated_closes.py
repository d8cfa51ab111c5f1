"""Simulated closes whose true process is known: volatility that clusters, heavy tails and jumps.

The process is none that the engine assumes: the logarithm of the volatility follows two autoregressions, one of days
and one of months, that rise when prices fall. Drifts differ between series, with the median of single stocks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

YEARS = 15
DAYS_A_YEAR = 252
SEED = 7


def simulated_closes(count: int) -> dict[str, pd.Series]:
    """Return ``count`` series of :data:`YEARS` years of daily closes, by name."""
    days = pd.bdate_range("2005-01-03", periods=YEARS * DAYS_A_YEAR)
    seeds = np.random.SeedSequence(SEED).spawn(count)
    return {
        f"SIM{index:03}": pd.Series(100 * np.exp(_moves(np.random.default_rng(seed), len(days)).cumsum()), index=days)
        for index, seed in enumerate(seeds)
    }


def _moves(random: np.random.Generator, days: int) -> np.ndarray:
    """Draw the daily moves of one series."""
    usual = np.exp(random.normal(np.log(0.28), 0.35)) / np.sqrt(DAYS_A_YEAR)
    drift = random.normal(0.036, 0.03) / DAYS_A_YEAR
    persistence, size = np.array([0.9, 0.99]), np.array([0.20, 0.06])
    shocks = random.standard_t(6, days) * np.sqrt(4 / 6)
    jumps = random.normal(0.0, 3.0, days) * (random.random(days) < 4 / DAYS_A_YEAR)
    noise = random.normal(size=(days, 2))
    state, moves = np.zeros(2), np.empty(days)
    for day in range(days):
        moves[day] = drift + usual * np.exp(state.sum()) * (shocks[day] + jumps[day])
        leverage = -0.4 * np.clip(shocks[day], -3, 3)
        state = persistence * state + size * (leverage + np.sqrt(1 - 0.4**2) * noise[day])
    return moves
