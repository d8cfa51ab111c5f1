"""The exact fit: its optimality conditions, closed forms, and difficult series."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_service.engine.prophet.lasso import NotConverged, first_crossing, solve_definite, solve_lasso
from forecast_service.engine.prophet.map_fit import (
    MIN_ROWS,
    SIGMA_FLOOR,
    MapFit,
    TooFewRows,
    fit_design,
    map_fit,
    sigma_floor,
)
from forecast_service.engine.prophet.newton import refined
from forecast_service.engine.prophet.posterior import BadInput, Design, ModelData, Point, make_design

TOLERANCE = 1e-6


def fourier(t: np.ndarray, order: int, years: float = 10.0) -> np.ndarray:
    angles = 2 * np.pi * years * np.outer(t, np.arange(1, order + 1))
    return np.hstack([np.sin(angles), np.cos(angles)])


def walk(rows: int = 600, seed: int = 1) -> np.ndarray:
    y = np.random.default_rng(seed).normal(0.0005, 0.015, rows).cumsum()
    return np.asarray((y - y.min()) / np.ptp(y))


def rough_walk(seed: int, rows: int, roughness: float) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(2, rows))
    y = noise[0].cumsum() * (1 - roughness) + noise[1] * roughness
    return np.asarray((y - y.min()) / np.ptp(y))


def data(y: np.ndarray, changepoints: int = 25, order: int = 10, tau: float = 0.05, scale: float = 10.0) -> ModelData:
    """Return the inputs that Prophet would make for ``y``."""
    t = np.linspace(0, 1, len(y))
    features = fourier(t, order) if order else np.zeros((len(y), 1))
    points = np.linspace(0, 0.8, changepoints + 1)[1:]
    return ModelData(y, t, points, features, np.full(features.shape[1], scale), tau)


def fit(model: ModelData) -> MapFit:
    return map_fit(model.y, model.t, model.changepoints, model.features, model.prior_scales, model.tau)


def residual(model: ModelData, found: MapFit) -> np.ndarray:
    """Compute the prediction by Prophet's own formula for the trend."""
    after = (model.t[:, None] >= model.changepoints).astype(float)
    gamma = -model.changepoints * found.delta
    trend = (found.k + after @ found.delta) * model.t + (found.m + after @ gamma)
    return np.asarray(model.y - trend - model.features @ found.beta)


def log_posterior(model: ModelData, found: MapFit) -> float:
    """Compute the log posterior of prophet.stan, without constants."""
    rest, s = residual(model, found), found.sigma
    likelihood = -len(rest) * np.log(s) - rest @ rest / (2 * s**2)
    priors = (found.k**2 + found.m**2) / 50 + np.abs(found.delta).sum() / model.tau + 2 * s**2
    return float(likelihood - priors - (found.beta**2 / (2 * model.prior_scales**2)).sum())


def assert_optimal(model: ModelData, found: MapFit, tolerance: float = TOLERANCE) -> None:
    """Assert the KKT conditions, computed independently of the fit."""
    rest, u = residual(model, found), found.sigma**2
    hinges = np.maximum(model.t[:, None] - model.changepoints, 0.0)
    others = np.column_stack([model.t, np.ones_like(model.t), model.features])
    scales = np.concatenate([[5, 5], model.prior_scales])
    theta = np.concatenate([[found.k, found.m], found.beta])
    force = np.linalg.norm(np.column_stack([hinges, others]).T @ model.y) / u or 1.0

    smooth = others.T @ rest / u - theta / scales**2
    assert np.linalg.norm(smooth) <= TOLERANCE * force
    gradient, signs = hinges.T @ rest / u, np.sign(found.delta)
    off = np.where(signs == 0, np.maximum(np.abs(gradient) - 1 / model.tau, 0), np.abs(gradient - signs / model.tau))
    assert off.max(initial=0.0) <= tolerance / model.tau
    balance = 4 * u**2 + len(rest) * u - rest @ rest
    if found.at_floor:
        assert found.sigma == pytest.approx(sigma_floor(model.y))
        assert balance >= 0
    else:
        assert abs(balance) <= TOLERANCE * (rest @ rest)
    assert found.kkt.holds()
    assert found.kkt.worst <= tolerance
    assert found.log_posterior == pytest.approx(log_posterior(model, found), rel=1e-9, abs=1e-6)


def assert_finite(found: MapFit) -> None:
    values = [found.k, found.m, found.sigma, found.log_posterior, *found.delta, *found.beta]
    assert np.isfinite(values).all()
    assert found.sigma > 0


SERIES = {
    "walk": walk(),
    "ten years": walk(2518),
    "fifty years": walk(12_600),
    "huge": walk() * 1e9,
    "negative": -walk(),
    "two values": (np.arange(600) % 2).astype(float),
    "one spike": (np.arange(600) == 300).astype(float),
    "a jump": (np.arange(600) > 200).astype(float),
    "constant": np.full(600, 0.7),
    "zero": np.zeros(600),
    "line": np.linspace(0, 1, 600),
    "bent line": np.abs(np.linspace(-0.4, 0.6, 600)),
    "short": walk(60),
    "fewer rows than columns": walk(30),
    "three rows": np.array([0.0, 1.0, 0.3]),
}


@pytest.mark.parametrize("order", [0, 10])
@pytest.mark.parametrize("y", SERIES.values(), ids=SERIES)
def test_every_series_ends_at_an_optimum(y, order):
    model = data(y, order=order)
    found = fit(model)
    assert_finite(found)
    assert_optimal(model, found)


@pytest.mark.parametrize("y", [walk() * 1e-6, 1 + 1e-4 * walk()], ids=["tiny", "far from zero"])
def test_optimum_beyond_float64_is_approached_as_nearly_as_float64_can(y):
    """Prophet scales such a series first; unscaled, a millionth of 1 / tau is less than the gradient's last bits.

    The proof is done here: the optimum is worked out in fractions, without any rounding, and then written down in
    float64. That alone puts it off the conditions by more than a millionth (1.6e-6 and 1.7e-5): neighbouring floats are
    too far apart, whichever way they are found. So the fit is held to what the written-down optimum
    holds, within ten times.
    """
    model = data(y)
    found, design = fit(model), make_design(model)
    optimum, variance = exact_optimum(design, found)
    assert off_laplace(design, optimum, variance) < 1e-9
    written = off_laplace(design, exact(optimum.astype(float)), Fraction(float(variance)))
    assert written > TOLERANCE
    assert_finite(found)
    assert_optimal(model, found, tolerance=found.kkt.rounding)
    ours = np.concatenate([found.delta, [found.k, found.m], found.beta])
    assert off_laplace(design, exact(ours), Fraction(found.sigma) ** 2) <= 10 * written


def exact_optimum(design: Design, found: MapFit) -> tuple[np.ndarray, Fraction]:
    """Newton's method from ``found`` with every gradient in fractions: theta and the variance."""
    theta = exact(np.concatenate([found.delta, [found.k, found.m], found.beta]))
    signs, variance, columns, y = np.sign(found.delta), Fraction(found.sigma**2), exact(design.columns), exact(design.y)
    free = np.concatenate([np.flatnonzero(signs), np.arange(len(signs), len(theta))])
    hessian = (design.gram + float(variance) * np.diag(design.precisions))[np.ix_(free, free)]
    for _ in range(2):
        rest = y - columns.dot(theta)
        pull = exact(design.precisions) * theta
        pull[: len(signs)] += exact(signs) / Fraction(design.tau)
        off = (rest.dot(columns) - variance * pull)[free]
        theta[free] += exact(np.linalg.solve(hessian, off.astype(float)))
        rest = y - columns.dot(theta)
        variance -= (4 * variance**2 + len(y) * variance - rest.dot(rest)) / (8 * variance + len(y))
        variance = Fraction(round(variance * 2**200), 2**200)  # a fraction that grows no further
    return theta, variance


def off_laplace(design: Design, theta: np.ndarray, variance: Fraction) -> float:
    """By how much theta's changes of slope are off their condition, as a fraction of the penalty, without rounding."""
    delta, penalty = theta[: design.changepoints], variance / Fraction(design.tau)
    gradient = (exact(design.y) - exact(design.columns).dot(theta)).dot(exact(design.columns[:, : len(delta)]))
    off = [
        abs(g) - penalty if d == 0 else abs(g - penalty * (1 if d > 0 else -1))
        for g, d in zip(gradient, delta, strict=True)
    ]
    return float(max(off) / penalty)


def exact(values: np.ndarray) -> np.ndarray:
    exactly: np.ndarray = np.vectorize(Fraction, otypes=[object])(values)
    return exactly


@given(
    series=st.tuples(st.integers(0, 2**32 - 1), st.integers(MIN_ROWS, 400), st.sampled_from([0.0, 0.5, 1.0])).map(
        lambda drawn: rough_walk(*drawn)
    ),
    changepoints=st.integers(0, 40),
    order=st.integers(0, 10),
    tau=st.sampled_from([0.001, 0.05, 0.5]),
    scale=st.sampled_from([0.1, 10.0]),
)
@settings(max_examples=300, derandomize=True)
def test_random_series_end_at_an_optimum(series, changepoints, order, tau, scale):
    model = data(series, changepoints, order, tau, scale)
    found = fit(model)
    assert_finite(found)
    assert_optimal(model, found)


def test_fit_without_changepoints_and_seasons_is_ridge_regression():
    y, t = walk(), np.linspace(0, 1, 600)
    found = map_fit(y, t, np.empty(0), np.empty((600, 0)), np.empty(0), 0.05)
    columns = np.column_stack([t, np.ones_like(t)])
    ridge = np.linalg.solve(columns.T @ columns + found.sigma**2 / 25 * np.eye(2), columns.T @ y)
    assert [found.k, found.m] == pytest.approx(ridge, rel=1e-10)
    assert len(found.delta) == len(found.beta) == 0


def test_wide_prior_on_changes_gives_ridge_regression_on_all_columns():
    model = data(walk(), changepoints=5, order=3, tau=1e6)
    found, design = fit(model), make_design(model)
    ridge = np.linalg.solve(design.gram + found.sigma**2 * np.diag(design.precisions), design.projected)
    theta = np.concatenate([found.delta, [found.k, found.m], found.beta])
    assert theta == pytest.approx(ridge, rel=1e-4)


def test_narrow_prior_on_changes_allows_none():
    found = fit(data(walk(), tau=1e-6))
    assert not found.delta.any()


def test_fit_recovers_the_parameters_of_simulated_data():
    t = np.linspace(0, 1, 5000)
    noise = np.random.default_rng(3).normal(0, 0.02, len(t))
    y = 0.3 + 0.8 * t - 1.5 * np.maximum(t - 0.4, 0) + 0.1 * np.sin(20 * np.pi * t) + noise
    found = map_fit(y, t, np.array([0.2, 0.4, 0.6]), fourier(t, 1), np.array([10.0, 10.0]), 0.5)
    assert found.sigma == pytest.approx(0.02, rel=0.05)
    assert [found.k, found.m, found.delta[1], found.beta[0]] == pytest.approx([0.8, 0.3, -1.5, 0.1], abs=0.02)


def test_equal_changepoints_share_one_change():
    once = data(walk(), changepoints=5)
    twice = replace(once, changepoints=np.repeat(once.changepoints, 2))
    single, double = fit(once), fit(twice)
    assert_optimal(twice, double)
    assert double.delta.reshape(5, 2).sum(axis=1) == pytest.approx(single.delta, abs=1e-6)
    assert double.log_posterior == pytest.approx(single.log_posterior, abs=1e-6)


@pytest.mark.parametrize("points", [[0.0], [0.0, 0.0], [-0.5], [1.0], [2.0, 3.0]], ids=str)
def test_redundant_changepoints_are_accepted(points):
    model = replace(data(walk()), changepoints=np.array(points))
    found = fit(model)
    assert_finite(found)
    assert_optimal(model, found)


def test_feature_that_is_zero_everywhere_gets_no_weight():
    model = data(walk())
    model.features[:, 7] = 0.0
    found = fit(model)
    assert_optimal(model, found)
    assert found.beta[7] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("rows", "seed", "changepoints", "order", "rough_is_better"),
    [(40, 0, 10, 0, False), (20, 0, 10, 4, True), (20, 30, 10, 4, True)],
)
def test_fit_finds_the_higher_of_two_maxima(rows, seed, changepoints, order, rough_is_better):
    model = data(walk(rows, seed), changepoints, order, tau=0.5)
    found, design = fit(model), make_design(model)
    grid = np.geomspace(2e-3, 1.0, 200)
    profile = np.array([best_at(design, sigma).log_posterior for sigma in grid])
    peaks = np.flatnonzero((profile[1:-1] > profile[:-2]) & (profile[1:-1] > profile[2:])) + 1
    best = peaks[profile[peaks].argmax()]
    assert len(peaks) == 2
    assert best == peaks[int(rough_is_better)]
    assert found.sigma == pytest.approx(grid[best], rel=0.05)
    assert found.log_posterior >= profile[best]
    assert_optimal(model, found)


def best_at(design: Design, sigma: float) -> Point:
    """Return the best parameters for a fixed sigma."""
    size, u = design.changepoints, sigma**2
    ridge = design.gram + u * np.diag(design.precisions) + 1e-9 * np.eye(len(design.gram))
    others = slice(size, None)
    inner = np.linalg.solve(ridge[others, others], np.column_stack([ridge[others, :size], design.projected[others]]))
    quadratic = ridge[:size, :size] - ridge[:size, others] @ inner[:, :-1]
    linear = design.projected[:size] - ridge[:size, others] @ inner[:, -1]
    delta = solve_lasso(quadratic, linear, u / design.tau, np.full(size, 1e-9), np.zeros(size))
    return Point(design, np.concatenate([delta, inner[:, -1] - inner[:, :-1] @ delta]), u, 0.0)


@pytest.mark.parametrize("y", [SERIES["line"], SERIES["constant"], SERIES["zero"]], ids=["line", "constant", "zero"])
def test_sigma_of_an_interpolating_fit_is_its_floor(y):
    found = fit(data(y))
    assert found.at_floor
    assert found.sigma == pytest.approx(SIGMA_FLOOR * (np.ptp(y) or y[0] or 1.0))
    assert np.abs(residual(data(y), found)).max() < 10 * found.sigma


def test_sigma_of_prices_is_far_above_its_floor():
    found = fit(data(walk(2518)))
    assert not found.at_floor
    assert found.sigma > 50 * SIGMA_FLOOR


def test_too_few_rows_raise_too_few_rows():
    for rows in range(1, MIN_ROWS):
        with pytest.raises(TooFewRows, match=f"{rows} values"):
            fit(data(np.linspace(0, 1, rows)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("where", ["y", "t", "features"])
def test_number_that_is_not_finite_or_too_large_is_bad_input(where, bad):
    model = data(walk())
    getattr(model, where).flat[11] = bad
    with np.errstate(all="ignore"), pytest.raises(BadInput, match="finite"):
        fit(model)


@pytest.mark.parametrize("change", [{"tau": 0.0}, {"tau": np.nan}, {"prior_scales": np.full(20, -1.0)}], ids=str)
def test_prior_without_a_width_is_bad_input(change):
    with pytest.raises(BadInput, match="priors"):
        fit(replace(data(walk()), **change))


@pytest.mark.parametrize(
    "change", [{"y": np.zeros(5)}, {"prior_scales": np.ones(3)}, {"changepoints": np.zeros((2, 2))}], ids=str
)
def test_arrays_of_different_lengths_are_bad_input(change):
    with pytest.raises(BadInput, match="do not match"):
        replace(data(walk()), **change)


def test_fit_without_an_optimum_raises_not_converged(monkeypatch):
    monkeypatch.setattr("forecast_service.engine.prophet.newton.MAX_STEPS", 1)
    design = make_design(data(walk()))
    with pytest.raises(NotConverged, match="optimality"):
        refined(Point(design, np.zeros(design.columns.shape[1]), 1.0, 0.0))
    monkeypatch.setattr("forecast_service.engine.prophet.lasso.MAX_STEPS", 3)
    with pytest.raises(NotConverged, match="active set"):
        fit_design(design)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 12), rank=st.integers(1, 12))
@settings(max_examples=150, derandomize=True)
def test_lasso_is_solved_from_any_start_and_rank(seed, size, rank):
    draw = np.random.default_rng(seed)
    columns, target = draw.normal(size=(rank, size)), draw.normal(size=rank)
    quadratic, linear = columns.T @ columns, columns.T @ target
    penalty = 0.3 * np.abs(linear).max()
    slack = np.full(size, 1e-9)
    cold = solve_lasso(quadratic, linear, penalty, slack, np.zeros(size))
    warm = solve_lasso(quadratic, linear, penalty, slack, draw.normal(size=size))
    for x in (cold, warm):
        gradient = linear - quadratic @ x
        assert (np.abs(gradient) <= penalty + 1e-7).all()
        assert gradient[x != 0] == pytest.approx(penalty * np.sign(x[x != 0]), abs=1e-7)
    value = [x @ quadratic @ x / 2 - linear @ x + penalty * np.abs(x).sum() for x in (cold, warm)]
    assert value[0] == pytest.approx(value[1], abs=1e-9)


def test_first_crossing_is_the_first_variable_to_lose_its_sign():
    here, there, signs = np.array([1.0, 1.0, -1.0]), np.array([-1.0, -3.0, -2.0]), np.array([1.0, 1.0, -1.0])
    assert first_crossing(here, there, signs) == (0.25, 1)
    assert first_crossing(here, here, signs) == (1.0, -1)


def test_consistent_singular_system_is_solved():
    matrix = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert matrix @ solve_definite(matrix, np.array([2.0, 2.0])) == pytest.approx([2.0, 2.0])
    assert np.abs(solve_definite(matrix, np.array([2.0, 1.0]))).min() > 1e6
