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
local refusal = no_room(open, load, max_queued, share_factor, max_solve_s, solve_s)
if refusal then
  return { refusal, '' }
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
