"""The Model Context Protocol at ``/mcp``: tools for language models, which call the server's own API.

The tools are defined here alone. ``python -m stockcast_client.mcp`` passes messages of standard input and output on to
this route, so both transports have the tools of the server. The messages are plain JSON: the server of the package
``mcp`` needs the event loop of asyncio, which gevent's processes do not have. Tests check the messages with it.
"""
