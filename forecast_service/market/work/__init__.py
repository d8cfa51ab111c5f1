"""The work of a Dask worker on a range of stocks."""
