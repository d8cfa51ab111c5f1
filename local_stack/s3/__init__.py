"""The local S3: SeaweedFS in one process, its configuration and its bucket."""
