"""Definitions that Python shares with the Lua scripts: names of keys, times to live, statuses, stored failures."""
