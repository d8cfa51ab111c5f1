"""The replay of the track record: python -m forecast_service.replay forecasts the evenings of the past."""
