-- Ends a request as done: result with its files, ledger entry, status and time to live in one step.
-- Requires: ends, clock, ledger
-- KEYS: [2] result:{...}, hash, RESULT_MS: the result (body, png, svg_gzip, pdf, html_gzip)
-- ARGV: id, attempt, question key, the key that an older version computes, ledger entry or '', body, PNG, SVG in gzip,
--   PDF, HTML in gzip; '' for a file that the kind does not have
-- Returns 1, also for a repeated call; 2 if the outbox of the track record had no room; 0 if the attempt is not current.
local result = KEYS[2]
local id, attempt, key, older_key = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local entry, body, png, svg_gzip, pdf, html_gzip = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
if is_current(id, attempt, key, older_key) then
  shared_call('HSET', result, 'body', body, 'png', png, 'svg_gzip', svg_gzip, 'pdf', pdf, 'html_gzip', html_gzip)
  redis.call('PEXPIRE', result, RESULT_MS)
  local is_kept = entry == '' or add_ledger_entry(entry, now_ms())
  end_request(id, now_ms(), 'done', '', result)
  return is_kept and 1 or 2
end
return field(id, 'result') == result and attempt_of(id) == attempt and 1 or 0
