"""Daily prices: checked, reconciled with the stored ones, and kept in S3."""
