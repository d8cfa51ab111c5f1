"""The PNG of a forecast."""
