"""Questions, prices, results, dates and errors: values that every service shares."""
