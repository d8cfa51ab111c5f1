"""Headlines about stocks, from the sources of prices that have them."""
