"""Uploads of prices: the file's way to S3, and the routes."""
