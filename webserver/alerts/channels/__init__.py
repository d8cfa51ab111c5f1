"""The channels by which an alert reaches a person: webhook and mail."""
