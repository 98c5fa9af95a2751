-- Says whether a job would be taken, however short; a request that came before has its job already.
-- KEYS: request, open, load
-- ARGV: max_queued, share_factor, max_solve_s
-- Returns what submit would, or an empty string where it would store the job or knows it.
local request, open, load = unpack(KEYS)
local max_queued, share_factor, max_solve_s = unpack(ARGV)

if redis.call('EXISTS', request) == 1 then
  return ''
end
return no_room(open, load, max_queued, share_factor, max_solve_s, 1) or ''
