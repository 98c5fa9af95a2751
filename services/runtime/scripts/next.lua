-- Says which job's turn it is: one that was begun before and lost its worker, else one of the tenant that was served
-- least. Between tenants served alike, and within one, the oldest.
-- KEYS: open
-- ARGV: plan ids that are not meant
-- Returns the plan's id, or an empty string when nothing waits.
local open = KEYS[1]

local not_meant = {}
for _, plan_id in ipairs(ARGV) do
  not_meant[plan_id] = true
end
local served_s = { [''] = 0 }
local stored = redis.call('ZRANGE', SERVED, 0, -1, 'WITHSCORES')
for at = 1, #stored, 2 do
  served_s[stored[at]] = tonumber(stored[at + 1])
end
local chosen, least_s = '', math.huge
for _, plan_id in ipairs(redis.call('ZRANGE', open, 0, -1)) do
  local state, attempt, tenant =
    unpack(redis.call('HMGET', 'cuntong:job:' .. plan_id, 'state', 'attempt', 'tenant'))
  local is_waiting = state == 'QUEUED'
    or state == 'RUNNING' and redis.call('EXISTS', 'cuntong:lease:' .. plan_id) == 0
  if is_waiting and not not_meant[plan_id] then
    if attempt ~= '0' then
      return plan_id
    end
    local tenant_s = math.max(served_s[tenant] or 0, served_s[''])
    if tenant_s < least_s then
      chosen, least_s = plan_id, tenant_s
    end
  end
end
return chosen
