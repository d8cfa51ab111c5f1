-- Reads a record, ending it first where its deadline has passed, or where nobody is left to work on it.
-- ARGV: id
-- Returns {question, status, error, result, ms until the deadline, attempt, ms that it will be kept}, or nil.
return seen(ARGV[1], now_ms())
