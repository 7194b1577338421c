-- pcall and xpcall for scripts: what ends the run passes through them.
local bridge = ...
local pcall, xpcall = pcall, xpcall
local inspect, is_fatal = bridge.limits.inspect, bridge.limits.is_fatal
local protect = {}

local function caught(ok, ...)
  if not ok then
    inspect((...))
  end
  return ok, ...
end

function protect.pcall(...)
  return caught(pcall(...))
end

function protect.xpcall(body, handler, ...)
  return caught(xpcall(body, function(err)
    if is_fatal(err) then
      return err
    end
    return handler(err)
  end, ...))
end

return protect
