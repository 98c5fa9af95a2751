-- Notes how far a job has come.
-- KEYS: job, progress
-- ARGV: attempt, phase, best_cost_fen, percent, channel, now_us, progress_s
-- Returns 1, or 0 when the attempt is not the current one.
local job, progress = unpack(KEYS)
local attempt, phase, best_cost_fen, percent, channel, now_us, progress_s = unpack(ARGV)

local state, current = unpack(redis.call('HMGET', job, 'state', 'attempt'))
if state ~= 'RUNNING' or current ~= attempt then
  return 0
end
redis.call('HSET', progress, 'phase', phase, 'best_cost_fen', best_cost_fen, 'percent', percent)
redis.call('EXPIRE', progress, progress_s)
changed(job, channel, now_us)
return 1
