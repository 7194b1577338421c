-- Gives the `bridge`: `bridge.NAME` is what the part NAME returned. A part is loaded when it is first needed,
-- since thousands of spells may wait in one process and few need them all.
local codes = ...
local error, load, setmetatable = error, loadstring or load, setmetatable

local bridge = setmetatable({}, {
  __index = function(bridge, name)
    local chunk, problem = load(codes[name], "=")
    if not chunk then
      error(problem, 0) -- no memory
    end
    local part = chunk(bridge)
    codes[name] = nil
    bridge[name] = part
    return part
  end,
})

local function no_fields()
  bridge.errors.throw("type", "null has no fields")
end

bridge.state = {
  killed = nil, -- the error that ends the run, once a limit is passed
  over = false, -- whether the run has said its last word
  main = nil, -- the task of the spell itself
  name = "", -- the file of the spell
  null = setmetatable({}, {
    __metatable = "null", __tostring = function() return "null" end, __index = no_fields, __newindex = no_fields,
  }),
  sent = setmetatable({}, { __mode = "k" }), -- object that crosses the border inside arguments -> its JSON
  opaque = {}, -- metatable of an object that cannot cross the border -> what it is
  chunks = {}, -- how Lua shortens the name of a file -> the whole name
}
return bridge
