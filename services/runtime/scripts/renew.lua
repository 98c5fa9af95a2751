-- Keeps a running job with its worker.
-- KEYS: job, lease
-- ARGV: attempt, owner, lease_ms
-- Returns GO_ON, STOP (cancelling was asked for) or LOST (the job ended or is another worker's).
local job, lease = unpack(KEYS)
local attempt, owner, lease_ms = unpack(ARGV)

local state, current, cancel = unpack(redis.call('HMGET', job, 'state', 'attempt', 'cancel'))
if state ~= 'RUNNING' or current ~= attempt then
  return 'LOST'
end
if redis.call('PTTL', lease) < tonumber(lease_ms) / 2 then
  redis.call('SET', lease, owner, 'PX', lease_ms)
end
return cancel and 'STOP' or 'GO_ON'
