-- Says which plans a request for several days makes: the first time those given, later the same again.
-- KEYS: batch
-- ARGV: digest, requests_s, plan ids
-- Returns CONFLICT, or OPENED and the plans' ids.
local batch = KEYS[1]
local digest, requests_s = unpack(ARGV, 1, 2)

local first = redis.call('LRANGE', batch, 0, -1)
if #first > 0 then
  if first[1] ~= digest then
    return { 'CONFLICT' }
  end
  first[1] = 'OPENED'
  return first
end
redis.call('RPUSH', batch, digest, unpack(ARGV, 3))
redis.call('EXPIRE', batch, requests_s)
local plans = { 'OPENED' }
for at = 3, #ARGV do
  plans[at - 1] = ARGV[at]
end
return plans
