"""The SVG of a forecast."""
