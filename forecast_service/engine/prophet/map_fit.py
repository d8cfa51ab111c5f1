"""Prophet's MAP estimate, exactly and in milliseconds, on plain arrays.

The maxima are found along sigma (:mod:`noise_search`), with a lasso for each variance (:mod:`lasso`); from there
Newton's method makes theta and sigma exact together, and the optimality conditions are checked (:mod:`newton`). Only
the columns, the Gram matrix and the residuals cost more with more rows.

Sources: Taylor & Letham, Forecasting at Scale, The American Statistician 72 (2018), for the model; Lee, Battle, Raina
& Ng, Efficient sparse coding algorithms, NIPS 19 (2006), for the lasso.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_service.engine.prophet.newton import refined
from forecast_service.engine.prophet.noise_search import NoiseSearch
from forecast_service.engine.prophet.posterior import BadInput, Design, FloatArray, Kkt, ModelData, Point, make_design

MIN_ROWS = 3
"""A line goes through any two points, and then the posterior grows without bound as sigma goes to zero."""
SIGMA_FLOOR = 1e-4
"""Of the range of y. Where theta can interpolate y no optimum exists, and sigma stops here, far below any price's."""


class TooFewRows(BadInput):
    """There are fewer than :data:`MIN_ROWS` values."""


@dataclass(frozen=True)
class MapFit:
    """The parameters at the maximum of the posterior, in the units of the y and t that were fitted.

    ``at_floor`` says that theta interpolates y: no maximum exists, and sigma stands at :data:`SIGMA_FLOOR`.
    """

    k: float
    m: float
    delta: FloatArray
    beta: FloatArray
    sigma: float
    log_posterior: float
    kkt: Kkt
    at_floor: bool


def map_fit(  # noqa: PLR0913, PLR0917 - the inputs of Prophet's Stan program
    y: FloatArray,
    t: FloatArray,
    changepoints: FloatArray,
    features: FloatArray,
    prior_scales: FloatArray,
    tau: float,
) -> MapFit:
    """Fit Prophet's linear-growth, additive model by maximum a posteriori; :class:`ModelData` says what is what.

    Raises:
        TooFewRows: there are fewer than :data:`MIN_ROWS` values.
        BadInput: shapes do not match, a number is not finite, or a scale is not positive.
        NotConverged: the optimality conditions do not hold where the search ended.
    """
    return fit_design(make_design(ModelData(y, t, changepoints, features, prior_scales, tau)))


def fit_design(design: Design) -> MapFit:
    """Fit a design that is laid out already, as :func:`map_fit` does.

    Raises:
        TooFewRows: there are fewer than :data:`MIN_ROWS` values.
        BadInput: a number is not finite, or a scale is not positive.
        NotConverged: the optimality conditions do not hold where the search ended.
    """
    _require_usable(design)
    floor = sigma_floor(design.y) ** 2
    search = NoiseSearch(design, floor)
    optima = [refined(Point(design, search.theta(variance), variance, floor)) for variance in search.maxima()]
    return _fit(max(optima, key=lambda optimum: optimum.log_posterior))


def sigma_floor(y: FloatArray) -> float:
    """The least sigma of a fit to ``y``: a share of its range; of its size if it is constant, of 1 if it is zero."""
    return SIGMA_FLOOR * (float(np.ptp(y)) or float(np.abs(y).max()) or 1.0)


def _require_usable(design: Design) -> None:
    if design.rows < MIN_ROWS:
        raise TooFewRows(f"{design.rows} values are too few for a fit; it takes {MIN_ROWS}")
    # One sum instead of a look at each number: whatever is not finite, or too large to square, makes it so as well.
    if not np.isfinite(float(design.gram.sum()) + design.energy + float(design.projected.sum())):
        raise BadInput("a value, a time or a feature is not finite, or too large to be squared")
    if not (np.isfinite(design.scales).all() and (design.scales > 0).all() and 0 < design.tau < np.inf):
        raise BadInput("the scales of the priors must be positive and finite")


def _fit(optimum: Point) -> MapFit:
    size = optimum.design.changepoints
    return MapFit(
        k=float(optimum.theta[size]),
        m=float(optimum.theta[size + 1]),
        delta=optimum.delta,
        beta=optimum.theta[size + 2 :],
        sigma=float(np.sqrt(optimum.variance)),
        log_posterior=optimum.log_posterior,
        kkt=optimum.kkt,
        at_floor=optimum.at_floor,
    )
