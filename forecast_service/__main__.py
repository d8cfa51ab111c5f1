"""``python -m forecast_service``: see :mod:`forecast_service.composition`."""

from forecast_service import ancestor

if __name__ == "__main__":
    ancestor.start()  # while it imports, so does this process

    from forecast_service.composition import main

    main()
