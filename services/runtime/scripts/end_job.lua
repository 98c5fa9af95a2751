-- Put before every other script. Times are microseconds since 1970; a job's sequence counts all its changes.

local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true }

-- Seconds of search by tenant, so that whose turn it is can be told: each counts from where those stood that were served
-- least when it came, which stands under no name.
local SERVED = 'cuntong:served'

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
  local tenant, charged_s, begun_us, cores =
    unpack(redis.call('HMGET', job, 'tenant', 'charged_s', 'begun_us', 'cores'))
  redis.call('HDEL', 'cuntong:load:' .. tenant, plan_id)
  if charged_s and redis.call('ZSCORE', SERVED, tenant) then
    -- What it took in the place of what it might have taken.
    local took_s = math.max(0, tonumber(now_us) - tonumber(begun_us)) / 1000000 * tonumber(cores)
    redis.call('ZINCRBY', SERVED, took_s - tonumber(charged_s), tenant)
  end
  redis.call('EXPIRE', job, plans_s)
  changed(job, channel, now_us)
end

-- Why a job of so many seconds of search is not taken; nothing where it is.
local function no_room(open, load, max_queued, share_factor, max_solve_s, solve_s)
  local free = tonumber(max_queued) - redis.call('ZCARD', open)
  if free <= 0 then
    return 'OVERLOADED'
  end
  local tenant_solve_s, tenant_jobs = 0, 0
  for _, seconds in ipairs(redis.call('HVALS', load)) do
    tenant_solve_s, tenant_jobs = tenant_solve_s + tonumber(seconds), tenant_jobs + 1
  end
  if tenant_jobs >= tonumber(share_factor) * free then
    return 'SHARE_FULL'
  end
  if tenant_jobs > 0 and tenant_solve_s + tonumber(solve_s) > tonumber(max_solve_s) then
    return 'TENANT_FULL'
  end
end
