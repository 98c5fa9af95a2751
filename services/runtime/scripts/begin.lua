-- Gives a job to a worker: one that is queued, or running without a living worker.
-- KEYS: job, lease, open, progress
-- ARGV: plan_id, owner, lease_ms, max_break_offs, max_deaths, channel, now_us, plans_s
-- Returns the attempt, or 0 when the job is not to be had.
local job, lease, open, progress = unpack(KEYS)
local plan_id, owner, lease_ms, max_break_offs, max_deaths, channel, now_us, plans_s = unpack(ARGV)

local REMEMBERED_S = 86400 -- a tenant further behind than this counts from where the others stand all the same

-- Charges a tenant with a job's search (start-time fair queueing).
local function charge(job)
  local tenant, solve_s, cores = unpack(redis.call('HMGET', job, 'tenant', 'solve_s', 'cores'))
  solve_s = tonumber(solve_s or 1)
  local start_s = math.max(
    tonumber(redis.call('ZSCORE', SERVED, tenant) or 0),
    tonumber(redis.call('ZSCORE', SERVED, '') or 0)
  )
  redis.call('ZADD', SERVED, start_s, '', start_s + solve_s, tenant)
  redis.call('ZREMRANGEBYSCORE', SERVED, '-inf', start_s - REMEMBERED_S)
  redis.call('EXPIRE', SERVED, plans_s)
  redis.call('HSET', job, 'charged_s', solve_s, 'cores', cores or 1)
end

local state, attempt, released, cancel = unpack(redis.call('HMGET', job, 'state', 'attempt', 'released', 'cancel'))
local broke_offs, broke_off = unpack(redis.call('HMGET', job, 'broke_offs', 'broke_off'))
if not state then
  redis.call('ZREM', open, plan_id)
  return 0
end
if ENDED[state] then
  return 0
end
local holder = redis.call('GET', lease)
if state == 'RUNNING' and holder then
  return holder == owner and tonumber(attempt) or 0 -- the same owner: its first answer was lost
end
if cancel then
  end_job(job, lease, open, plan_id, 'CANCELLED', '', channel, now_us, plans_s)
  return 0
end
-- An attempt that neither broke off nor was put back was that of a worker that died.
local deaths = tonumber(attempt) - tonumber(released) - tonumber(broke_offs)
local poison
if tonumber(broke_offs) >= tonumber(max_break_offs) then
  poison = 'planning broke off ' .. broke_offs .. ' times: ' .. broke_off
elseif deaths >= tonumber(max_deaths) then
  poison = deaths .. ' workers died of this plan'
end
if poison then
  end_job(job, lease, open, plan_id, 'FAILED', poison, channel, now_us, plans_s)
  return 0
end
redis.call('SET', lease, owner, 'PX', lease_ms)
if attempt == '0' then
  charge(job) -- once, however often it has to be begun
end
redis.call('HSET', job, 'state', 'RUNNING', 'begun_us', now_us)
redis.call('DEL', progress)
attempt = redis.call('HINCRBY', job, 'attempt', 1)
changed(job, channel, now_us)
return attempt
