-- Puts a running job back for another worker. An attempt that broke off counts, one that was merely given up does not.
-- KEYS: job, lease
-- ARGV: attempt, channel, now_us, counts, reason
local job, lease = unpack(KEYS)
local attempt, channel, now_us, counts, reason = unpack(ARGV)

local state, current = unpack(redis.call('HMGET', job, 'state', 'attempt'))
if state ~= 'RUNNING' or current ~= attempt then
  return 0
end
redis.call('HSET', job, 'state', 'QUEUED')
if counts == '1' then
  redis.call('HSET', job, 'broke_off', reason)
  redis.call('HINCRBY', job, 'broke_offs', 1)
else
  redis.call('HINCRBY', job, 'released', 1)
end
redis.call('DEL', lease)
changed(job, channel, now_us)
return 1
