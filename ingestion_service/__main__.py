"""``python -m ingestion_service``: see :mod:`ingestion_service.serving`."""

import gc

if __name__ == "__main__":
    gc.disable()  # imported modules live as long as the process: collecting them only costs time

    from ingestion_service.serving import main

    gc.freeze()
    gc.enable()
    main()
