"""Facts about a ticker's company, its dividends, splits and reports: the service, the models and the route."""
