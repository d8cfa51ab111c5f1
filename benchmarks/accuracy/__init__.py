"""Whether the distributions of the forecasts fit what came, beside those of simpler forecasters."""
