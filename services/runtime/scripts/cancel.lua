-- Asks for the end of a job; one that is not running ends at once.
-- KEYS: job, lease, open
-- ARGV: plan_id, channel, now_us, plans_s
-- Returns 1, or 0 when there is no such job.
local job, lease, open = unpack(KEYS)
local plan_id, channel, now_us, plans_s = unpack(ARGV)

local state = redis.call('HGET', job, 'state')
if not state then
  return 0
end
if ENDED[state] then
  return 1
end
redis.call('HSET', job, 'cancel', 1)
if state == 'QUEUED' then
  end_job(job, lease, open, plan_id, 'CANCELLED', '', channel, now_us, plans_s)
end
return 1
