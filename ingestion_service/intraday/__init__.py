"""Intraday prices: their providers and their storage in S3."""
