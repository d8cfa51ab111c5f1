-- Reads a record; a request that is past its deadline or abandoned is ended first.
-- Requires: views, clock
-- ARGV: id
-- Returns the record as in views.lua, or nil.
local id = ARGV[1]
return seen(id, now_ms())
