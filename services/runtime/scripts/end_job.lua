-- Put before every other script. Times are microseconds since 1970; a job's sequence counts all its changes.

local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true }

-- Counts a change and tells whoever watches.
local function changed(job, channel, now_us)
  redis.call('HSET', job, 'update_time', now_us)
  local sequence = redis.call('HINCRBY', job, 'sequence', 1)
  redis.call('PUBLISH', channel, sequence)
  return sequence
end

local function end_job(job, lease, open, plan_id, state, reason, channel, now_us, plans_s)
  redis.call('HSET', job, 'state', state, 'reason', reason)
  redis.call('DEL', lease)
  redis.call('ZREM', open, plan_id)
  redis.call('HDEL', 'cuntong:load:' .. redis.call('HGET', job, 'tenant'), plan_id)
  redis.call('EXPIRE', job, plans_s)
  changed(job, channel, now_us)
end
