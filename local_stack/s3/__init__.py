"""The local S3."""
