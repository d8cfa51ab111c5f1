"""``python -m ingestion_service``: see :mod:`ingestion_service.serving`."""

import gc

if __name__ == "__main__":
    gc.disable()  # what is imported stays: to look through it for garbage, now or at the end, only takes time

    from ingestion_service.serving import main

    gc.freeze()
    gc.enable()
    main()
