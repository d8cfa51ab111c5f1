"""Reports over HTTP: the question of a report, its document, and the report of a finished forecast."""
