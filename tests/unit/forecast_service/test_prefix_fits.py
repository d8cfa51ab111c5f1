import numpy as np
import pytest

from forecast_service.engine.prophet.array_prophet import (
    CHANGEPOINT_SCALE,
    SEASON_SCALE,
    History,
    changepoint_rows,
    fit_history,
)
from forecast_service.engine.prophet.lasso import solve_lasso
from forecast_service.engine.prophet.lasso_path import LassoPath
from forecast_service.engine.prophet.map_fit import sigma_floor
from forecast_service.engine.prophet.posterior import KKT_TOLERANCE, ModelData, Point, make_design
from forecast_service.engine.prophet.prefix_designs import prefix_designs
from forecast_service.engine.prophet.prefix_fits import prefix_fits


def days_of(rows):
    return np.busday_offset("2008-01-02", np.arange(rows)).astype("datetime64[D]").astype(np.int64)


def walk(rows, seed=8):
    return History.of(days_of(rows), np.random.default_rng(seed).normal(0.0002, 0.015, rows).cumsum())


def trend_and_season(rows):
    day = np.arange(rows)
    season = 0.25 * np.sin(2 * np.pi * days_of(rows) / 365.25)
    noise = np.random.default_rng(2).normal(0, 0.01, rows)
    return History.of(days_of(rows), 0.0006 * day - 0.001 * np.maximum(day - rows // 2, 0) + season + noise)


def design_of(history, rows):
    """Return the design of a fit to the first ``rows`` rows."""
    known = history.until(rows)
    span = known.days[-1] - known.days[0]
    times = (known.days - known.days[0]) / span
    features = known.season if span >= 730 else known.season[:, :0]
    y = (known.values - known.values.min()) / np.ptp(known.values)
    scales = np.full(features.shape[1], SEASON_SCALE)
    return make_design(ModelData(y, times, times[changepoint_rows(rows)], features, scales, CHANGEPOINT_SCALE))


HISTORIES = {
    "short walk": (walk(150), np.array([60, 61, 100, 150])),
    "walk that becomes seasonal": (walk(700), np.array([400, 521, 522, 523, 600, 700])),
    "long walk": (walk(2518, seed=3), np.arange(505, 2500, 50)),
    "trend and season": (trend_and_season(1500), np.arange(400, 1500, 30)),
}
histories = pytest.mark.parametrize(("history", "rows"), HISTORIES.values(), ids=HISTORIES)


@pytest.mark.parametrize("seasonal", [False, True])
def test_designs_are_those_of_each_fit_alone(seasonal):
    history, rows = walk(1500), np.array([300, 500] if not seasonal else [600, 1000, 1500])
    found = prefix_designs(history, rows, seasonal=seasonal)
    for number, count in enumerate(rows):
        wanted = design_of(history, count)
        np.testing.assert_allclose(found.gram[number], wanted.gram, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(found.projected[number], wanted.projected, rtol=1e-10, atol=1e-10)
        assert found.energy[number] == pytest.approx(wanted.energy, rel=1e-10)
        np.testing.assert_array_equal(found.precisions, wanted.precisions)


@histories
def test_fits_are_those_of_each_history_alone(history, rows):
    for fit, count in zip(prefix_fits(history, rows), rows, strict=True):
        alone = fit_history(history.until(count))
        assert fit.sigma == pytest.approx(alone.sigma, rel=1e-7)
        ahead = history.days[count - 1] + np.array([0, 1, 30, 400])
        np.testing.assert_allclose(fit.predicted(ahead), alone.predicted(ahead), atol=1e-7 * alone.scale)


@histories
def test_fits_fulfil_the_optimality_conditions_on_the_data(history, rows):
    for fit, count in zip(prefix_fits(history, rows), rows, strict=True):
        design = design_of(history, count)
        theta = np.concatenate([fit.delta, [fit.k, fit.m], fit.beta])
        assert Point(design, theta, fit.sigma**2, sigma_floor(design.y) ** 2).kkt.worst <= KKT_TOLERANCE


def test_fit_does_not_depend_on_later_rows():
    history = walk(1500)
    values = history.values.copy()
    values[1000:] *= 3
    rows = np.array([600, 1000, 1500])
    one, other = (prefix_fits(each, rows) for each in (history, History.of(history.days, values)))
    for before, after in zip(one[:2], other, strict=False):
        assert (before.k, before.m, before.sigma) == (after.k, after.m, after.sigma)
        assert (before.delta == after.delta).all()
    assert one[2].sigma != other[2].sigma


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_values_that_the_model_interpolates_have_no_fit_here(noise):
    values = 0.001 * days_of(600) + noise * np.random.default_rng(1).normal(size=600)
    assert prefix_fits(History.of(days_of(600), values), np.array([300, 600])) == [None, None]


@pytest.mark.parametrize("size", [1e-4, 1e-6, 1e-7])
@pytest.mark.parametrize("jump_at", [0, 1, 690])
def test_jump_far_larger_than_the_moves_costs_no_digits(size, jump_at):
    moves = size * walk(700).values + 9.0 * (np.arange(700) < jump_at)
    history, rows = History.of(days_of(700), moves - moves[-1]), np.arange(200, 690, 40)
    for fit, count in zip(prefix_fits(history, rows), rows, strict=True):
        if fit:
            alone, ahead = fit_history(history.until(count)), history.days[count - 1] + np.array([0, 30])
            assert fit.sigma == pytest.approx(alone.sigma, rel=1e-6)
            np.testing.assert_allclose(fit.predicted(ahead), alone.predicted(ahead), atol=1e-6 * alone.scale)


def test_constant_values_have_no_fit_here():
    assert prefix_fits(History.of(days_of(600), np.zeros(600)), np.array([300, 600])) == [None, None]


def test_no_rows_have_no_fits():
    assert prefix_fits(walk(100), np.array([], dtype=np.int64)) == []


def test_path_leads_through_the_lassos():
    random = np.random.default_rng(5)
    columns, y = random.normal(size=(3, 40, 8)).cumsum(axis=1), random.normal(size=(3, 40)).cumsum(axis=1)
    quadratic, linear = columns.swapaxes(1, 2) @ columns, (columns.swapaxes(1, 2) @ y[..., None])[..., 0]
    path = LassoPath.start(quadratic, linear, (y**2).sum(axis=1))
    for _ in range(8):
        penalties, variables, signs = path.next_change()
        path.change(penalties, variables, signs)
        for number, penalty in enumerate(penalties):
            x = np.where(path.signs[number], path.tables[number, :-1, -1] - penalty * path.slopes[number], 0.0)
            wanted = solve_lasso(quadratic[number], linear[number], penalty, np.full(8, 1e-6), np.zeros(8))
            np.testing.assert_allclose(x, wanted, atol=1e-6)
            rss = ((y[number] - columns[number] @ wanted) ** 2).sum()
            rise = path.signs[number] @ path.slopes[number]
            assert path.least_rss[number] + penalty**2 * rise == pytest.approx(rss)


def test_posterior_with_two_stationary_points_has_no_fit_here():
    assert prefix_fits(walk(80, seed=27), np.array([80])) == [None]
