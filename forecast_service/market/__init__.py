"""The nightly run: python -m forecast_service.market forecasts every stored ticker on Dask, as a dataset in S3."""
