"""The Model Context Protocol on standard input and output: passes the tools of a Stockcast server on.

``python -m stockcast_client.mcp`` starts it. The server defines the tools, so they always fit its version.
"""
