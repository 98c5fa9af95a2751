-- Ends a running job and keeps its result, in one step.
-- KEYS: job, lease, open, result
-- ARGV: plan_id, attempt, state, reason, channel, now_us, plans_s, is_plan, and the result if there is one
-- Returns the state it ended in, or an empty string when the attempt is not the current one. A job whose cancelling was
-- asked for ends cancelled, whatever came of it.
local job, lease, open, result = unpack(KEYS)
local plan_id, attempt, ending, reason, channel, now_us, plans_s, is_plan = unpack(ARGV, 1, 8)

local state, current, cancel = unpack(redis.call('HMGET', job, 'state', 'attempt', 'cancel'))
if current ~= attempt then
  return ''
end
if ENDED[state] then
  return state -- said before, its answer was lost
end
if state ~= 'RUNNING' then
  return ''
end
if cancel then
  ending = 'CANCELLED'
end
if #ARGV > 8 then
  redis.call('SET', result, ARGV[9], 'EX', plans_s)
end
if is_plan == '1' and ending == 'SUCCEEDED' then
  local tenant, county_id, service_date = unpack(redis.call('HMGET', job, 'tenant', 'county_id', 'service_date'))
  local planned = 'cuntong:planned:' .. service_date
  redis.call('SADD', planned, tenant .. ' ' .. county_id)
  redis.call('EXPIRE', planned, plans_s)
end
end_job(job, lease, open, plan_id, ending, reason, channel, now_us, plans_s)
return ending
