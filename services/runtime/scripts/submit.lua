-- Stores a job once for its request id.
-- KEYS: request, job, payload, open, index
-- ARGV: plan_id, digest, retention_s, max_queued, created_us, oldest_us, payload, then the job's fields and values
local request, job, payload, open, index = unpack(KEYS)
local plan_id, digest, retention_s, max_queued, created_us, oldest_us = unpack(ARGV, 1, 6)

local first = redis.call('HMGET', request, 'plan_id', 'digest')
if first[1] then
  return { first[2] == digest and 'KNOWN' or 'CONFLICT', first[1] }
end
redis.call('ZREMRANGEBYSCORE', open, '-inf', oldest_us)
redis.call('ZREMRANGEBYSCORE', index, '-inf', oldest_us)
if redis.call('ZCARD', open) >= tonumber(max_queued) then
  return { 'OVERLOADED', '' }
end
redis.call('HSET', request, 'plan_id', plan_id, 'digest', digest)
redis.call('HSET', job, unpack(ARGV, 8))
redis.call('SET', payload, ARGV[7])
redis.call('ZADD', open, created_us, plan_id)
redis.call('ZADD', index, created_us, plan_id)
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, retention_s)
end
return { 'CREATED', plan_id }
