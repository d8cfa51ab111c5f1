"""The TCP protocol between the services: one line of JSON each way."""
