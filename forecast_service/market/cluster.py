"""The Dask cluster of a run: worker processes of this machine, or those of a scheduler elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

from forecast_service.market.exit_statuses import RunRefused
from forecast_service.workers.environment import ENGINE_ENVIRONMENT

MEMORY_LIMIT = "1.2GB"
"""Of a worker process. Dask restarts one that reaches it."""


@contextmanager
def connected(scheduler: str | None, workers: int, timeout_s: float) -> Iterator[Client]:
    """Yield a client of a cluster, which is closed afterwards.

    Args:
        scheduler: the scheduler's address, such as ``tls://scheduler:8786``; None for a cluster of this machine.
            Dask's own configuration has the certificates.
        workers: the worker processes of a cluster of this machine.
        timeout_s: how long to try to reach the scheduler.

    Raises:
        OSError: the scheduler cannot be reached.
        RunRefused: Dask's configuration has no certificates for the address.
    """
    if scheduler is not None:
        with _client_of(scheduler, timeout_s) as client:
            yield client
        return
    with (
        # A range that ended two workers is the cause, and not the machine.
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": 1,
                "distributed.worker.profile.enabled": False,  # it looks at every stack a hundred times a second
                "distributed.nanny.pre-spawn-environ": ENGINE_ENVIRONMENT,
            }
        ),
        # Connections by TLS with a certificate of this run: nobody else on the machine can give it work.
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls",
            security=True,
            dashboard_address="127.0.0.1:0",  # a free port; by default it is 8787 on every address
            memory_limit=MEMORY_LIMIT,
        ) as cluster,
        Client(cluster, timeout=timeout_s) as client,
    ):
        yield client


def _client_of(scheduler: str, timeout_s: float) -> Client:
    try:
        return Client(scheduler, timeout=timeout_s)
    except TypeError as exc:  # Dask has no TLS context
        raise RunRefused(
            f"{scheduler} needs certificates. Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, "
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY."
        ) from exc
