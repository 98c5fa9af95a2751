-- Puts a running job back for another worker; unlike an attempt that broke off, this one does not count against it.
-- KEYS: job, lease
-- ARGV: attempt, channel, now_us
local job, lease = unpack(KEYS)
local attempt, channel, now_us = unpack(ARGV)

local state, current = unpack(redis.call('HMGET', job, 'state', 'attempt'))
if state ~= 'RUNNING' or current ~= attempt then
  return 0
end
redis.call('HSET', job, 'state', 'QUEUED')
redis.call('HINCRBY', job, 'released', 1)
redis.call('DEL', lease)
changed(job, channel, now_us)
return 1
