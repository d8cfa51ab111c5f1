"""``python -m stockcast_client.mcp``: the tools of a Stockcast server on standard input and output."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from stockcast_client.asynchronous.client import AsyncStockcast

DEFAULT_URL = "http://localhost:5000"
NO_MCP = "This needs the package mcp. Install it: pip install 'stockcast-client[mcp]'."


def main() -> int:
    """Serve until the program that started this one closes standard input."""
    parser = argparse.ArgumentParser(
        prog="stockcast-mcp",
        description="The tools of a Stockcast server for programs with language models, on standard input and output.",
        epilog="STOCKCAST_TOKEN has the API token, where the server needs one.",
    )
    default = os.environ.get("STOCKCAST_URL", DEFAULT_URL)
    parser.add_argument("--url", default=default, help="the address of the server (STOCKCAST_URL; %(default)s)")
    url = parser.parse_args().url
    try:
        import mcp  # noqa: F401, PLC0415 - an extra that most clients do without
    except ImportError:
        sys.stderr.write(f"{NO_MCP}\n")
        return 1
    try:
        client = AsyncStockcast(url, token=os.environ.get("STOCKCAST_TOKEN"))
    except ValueError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    asyncio.run(_serve(client))
    return 0


async def _serve(client: AsyncStockcast) -> None:
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 - see main

    from stockcast_client.mcp.bridge import bridge_to  # noqa: PLC0415 - see main

    async with client, stdio_server() as (reading, writing):
        server = bridge_to(client)
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    sys.exit(main())
