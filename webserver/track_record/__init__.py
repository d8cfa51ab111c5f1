"""The track record: the drain of its outbox, the scoring of what came due, the standing set, and its routes."""
