-- Notes how far a job has come.
-- KEYS: job
-- ARGV: attempt, phase, best_cost_fen, percent, channel, now_us
-- Returns 1, or 0 when the attempt is not the current one.
local job = KEYS[1]
local attempt, phase, best_cost_fen, percent, channel, now_us = unpack(ARGV)

local state, current = unpack(redis.call('HMGET', job, 'state', 'attempt'))
if state ~= 'RUNNING' or current ~= attempt then
  return 0
end
redis.call('HSET', job, 'phase', phase, 'best_cost_fen', best_cost_fen, 'percent', percent)
changed(job, channel, now_us)
return 1
