"""Alerts: conditions on a stock, judged once for each new close, and their notifications."""
