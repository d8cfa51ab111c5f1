"""The object store of tests, and proxies before S3 and Redis that fail on demand."""
