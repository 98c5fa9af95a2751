-- Makes a plan the one that its county's day goes by.
-- KEYS: job, accepted, result, payload
-- ARGV: plan_id, replaced plan's id or nothing, channel, now_us, plans_s
-- Returns ACCEPTED, UNPLANNED where the job has no finished plan, or OTHER and the plan that is accepted already.
local job, accepted, result, payload = unpack(KEYS)
local plan_id, replaced, channel, now_us, plans_s = unpack(ARGV)

if redis.call('HGET', job, 'state') ~= 'SUCCEEDED' then
  return { 'UNPLANNED', '' }
end
local current = redis.call('GET', accepted)
if current == plan_id then
  return { 'ACCEPTED', '' }
end
if (current or '') ~= replaced then
  return { 'OTHER', current or '' }
end
if current then
  local former = 'cuntong:job:' .. current
  if redis.call('EXISTS', former) == 1 then
    redis.call('HDEL', former, 'accept_time')
    changed(former, 'cuntong:changed:' .. current, now_us)
  end
end
redis.call('SET', accepted, plan_id, 'EX', plans_s)
redis.call('HSET', job, 'accept_time', now_us)
redis.call('EXPIRE', job, plans_s)
redis.call('EXPIRE', result, plans_s)
-- What an accepted plan is about stays as long as the plan.
redis.call('EXPIRE', payload, plans_s)
changed(job, channel, now_us)
return { 'ACCEPTED', '' }
