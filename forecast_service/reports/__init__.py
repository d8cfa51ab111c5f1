"""Reports: the document of finished forecasts as plain values, and its two forms, HTML and PDF."""
