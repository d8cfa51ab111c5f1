"""Prophet's maximum a posteriori (MAP) estimate, exact and in milliseconds, on arrays.

A search along sigma finds the maxima (:mod:`noise_search`), with a lasso for each variance (:mod:`lasso`). Newton's
method then refines theta and sigma together and checks the optimality conditions (:mod:`newton`). Only the columns, the
Gram matrix and the residuals take longer with more rows.

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
"""A line interpolates any two points, and the posterior then grows without bound as sigma goes to zero."""
SIGMA_FLOOR = 1e-4
"""As a multiple of the range of y. Where theta can interpolate y, no optimum exists, and sigma stops here."""


class TooFewRows(BadInput):
    """There are fewer than :data:`MIN_ROWS` values."""


@dataclass(frozen=True)
class MapFit:
    """The parameters at the maximum of the posterior, in the units of the y and t that were fitted.

    ``at_floor`` means that theta interpolates y: no maximum exists, and sigma is at :data:`SIGMA_FLOOR`.
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
    """Fit Prophet's linear-growth, additive model by maximum a posteriori; :class:`ModelData` describes the arrays.

    Raises:
        TooFewRows: there are fewer than :data:`MIN_ROWS` values.
        BadInput: shapes do not match, a number is not finite, or a scale is not positive.
        NotConverged: the optimality conditions do not hold at the end of the search.
    """
    return fit_design(make_design(ModelData(y, t, changepoints, features, prior_scales, tau)))


def fit_design(design: Design) -> MapFit:
    """Fit a design, as :func:`map_fit` does.

    Raises:
        TooFewRows: there are fewer than :data:`MIN_ROWS` values.
        BadInput: a number is not finite, or a scale is not positive.
        NotConverged: the optimality conditions do not hold at the end of the search.
    """
    _require_usable(design)
    floor = sigma_floor(design.y) ** 2
    search = NoiseSearch(design, floor)
    optima = [refined(Point(design, search.theta(variance), variance, floor)) for variance in search.maxima()]
    return _fit(max(optima, key=lambda optimum: optimum.log_posterior))


def sigma_floor(y: FloatArray) -> float:
    """Return the least sigma of a fit to ``y``: a multiple of its range, of its size if constant, or of 1 if zero."""
    return SIGMA_FLOOR * (float(np.ptp(y)) or float(np.abs(y).max()) or 1.0)


def _require_usable(design: Design) -> None:
    if design.rows < MIN_ROWS:
        raise TooFewRows(f"{design.rows} values are too few for a fit; it takes {MIN_ROWS}")
    # A single sum instead of a check of every number: it is not finite if any of them, or its square, is not.
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
