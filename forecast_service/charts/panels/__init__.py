"""The panels of the chart, and what they are drawn with."""
