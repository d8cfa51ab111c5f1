"""What Redis and the Lua scripts share with Python: the names of keys, times to live, statuses and stored failures."""
