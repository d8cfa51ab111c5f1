"""The price files in S3."""
