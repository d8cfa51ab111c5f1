"""What is stored, one module a feature: functions that take a connection, and frozen records."""
