"""``python -m webserver.people create|reset|list``: see :mod:`webserver.people.commands`."""

import sys

from webserver.people.commands import main

if __name__ == "__main__":
    sys.exit(main())
