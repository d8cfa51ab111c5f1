"""The words for the chances and the risk of a forecast."""

from __future__ import annotations

from common.domain.fields import Field
from common.domain.formats import format_date, format_named_price
from common.domain.markets.currencies import format_currency
from common.domain.price_chances import PriceChances, chance_words
from common.domain.results import LARGE_MOVE_PCT, RISK_LEVEL, Chances, Forecast, Risk

_NO_DISTRIBUTION = "The web server returned no distribution, so the chance is unknown. Update the services."


def format_chances(chances: Chances, field: Field = "close") -> str:
    """Return the chances of a gain and of large moves in a line. The open, high and low rise and fall."""
    gain, loss = chance_words(chances.gain_over_10_pct), chance_words(chances.loss_over_10_pct)
    if field != "close":
        above = chance_words(chances.above_last_close)
        return f"above the last {field} {above}; over {LARGE_MOVE_PCT} %: rise {gain}, fall {loss}"
    large = f"over {LARGE_MOVE_PCT} %: gain {gain}, loss {loss}"
    return f"gain {chance_words(chances.above_last_close)}; {large}"


def format_risk(risk: Risk) -> str:
    """Return the losses of bad cases in a line."""
    return (
        f"with a probability of {100 * RISK_LEVEL:g} % each, it may end {_worst_end(risk.value_at_risk_95_pct)}, "
        f"and fall at most {risk.drawdown_95_pct:.1f} % from a peak on the way"
    )


def _worst_end(loss_pct: float) -> str:
    if loss_pct < 0:
        return f"at least {-loss_pct:.1f} % above the last close"
    return f"at most {loss_pct:.1f} % below the last close"


def format_price_chances(forecast: Forecast, chances: PriceChances | None) -> list[str]:
    """Return a line for each named price; None means that the forecast has no distribution."""
    if chances is None:
        return [_NO_DISTRIBUTION]
    currency, day = format_currency(forecast.currency), format_date(forecast.target_date)
    noun = forecast.field
    lines = []
    if chances.above:
        price, words = format_named_price(chances.above.price), chance_words(chances.above.probability)
        above = "Above" if noun == "close" else f"The {noun} is above"
        lines.append(f"{above} {price} {currency} on {day}: {words}")
    if chances.touch:
        price, words = format_named_price(chances.touch.price), chance_words(chances.touch.probability)
        lines.append(f"Touches {price} {currency} at a {noun} by {day}: {words}")
    return lines
