"""The content of the SQL store, one module a feature: functions that take a connection, and frozen records."""
