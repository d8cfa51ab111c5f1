"""Prices within the day: kept in S3, and where they come from."""
