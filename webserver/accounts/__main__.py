"""``python -m webserver.accounts token create|list|revoke``: see :mod:`webserver.accounts.commands`."""

import sys

from webserver.accounts.commands import main

if __name__ == "__main__":
    sys.exit(main())
