-- Stores a job once for its request id.
-- KEYS: request, job, payload, open, index, load
-- ARGV: plan_id, digest, max_queued, share_factor, max_solve_s, solve_s, requests_s, inputs_s, plans_s, created_us, oldest open job's
-- and oldest job's time, payload, then the job's fields and values
local request, job, payload, open, index, load = unpack(KEYS)
local plan_id, digest, max_queued, share_factor, max_solve_s, solve_s = unpack(ARGV, 1, 6)
local requests_s, inputs_s, plans_s, created_us, oldest_open_us, oldest_us = unpack(ARGV, 7, 12)

local first = redis.call('HMGET', request, 'plan_id', 'digest')
if first[1] then
  return { first[2] == digest and 'KNOWN' or 'CONFLICT', first[1] }
end
redis.call('ZREMRANGEBYSCORE', open, '-inf', oldest_open_us)
redis.call('ZREMRANGEBYSCORE', index, '-inf', oldest_us)
local free = tonumber(max_queued) - redis.call('ZCARD', open)
if free <= 0 then
  return { 'OVERLOADED', '' }
end
if redis.call('HLEN', load) >= tonumber(share_factor) * free then
  return { 'SHARE_FULL', '' }
end
local open_solve_s, others = 0, 0
for _, seconds in ipairs(redis.call('HVALS', load)) do
  open_solve_s, others = open_solve_s + tonumber(seconds), others + 1
end
if others > 0 and open_solve_s + tonumber(solve_s) > tonumber(max_solve_s) then
  return { 'TENANT_FULL', '' }
end
redis.call('HSET', request, 'plan_id', plan_id, 'digest', digest)
redis.call('EXPIRE', request, requests_s)
redis.call('HSET', job, unpack(ARGV, 14))
redis.call('EXPIRE', job, plans_s)
redis.call('SET', payload, ARGV[13], 'EX', inputs_s)
redis.call('ZADD', open, created_us, plan_id)
redis.call('EXPIRE', open, inputs_s)
redis.call('ZADD', index, created_us, plan_id)
redis.call('EXPIRE', index, plans_s)
redis.call('HSET', load, plan_id, solve_s)
redis.call('EXPIRE', load, inputs_s)
return { 'CREATED', plan_id }
