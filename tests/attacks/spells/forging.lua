--- [unknown method] call a tool that does not exist
--- fails: not_found no tool 'shutdown'
tools.shutdown()

--- [unknown method] call methods that bridge objects do not have
--- gives: [false,false,false]
return {(pcall(function() return spell.exit() end)), (pcall(function() return llm("m"):shutdown() end)),
  (pcall(function() return stdin.close_host() end))}

--- [inherited names] call names that every Python object has
--- gives: ["not_found","not_found","not_found","not_found"]
local kinds = array{}
for _, name in ipairs{"__class__", "__init__", "_run", "call"} do
  local ok, e = pcall(tools[name], {})
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [inherited names] call a tool whose name breaks out of JSON
--- fails: not_found no tool
tools['x"],["done",1],["']{}

--- [handles] call a method with another object as self
--- gives: [false,false,false]
local other = setmetatable({}, {__metatable = "llm"})
return {(pcall(llm("a").complete, other, "x")), (pcall(llm("a").complete, {}, "x")), (pcall(llm("a").complete))}

--- [handles] forge the self of a call in its arguments
--- fails: value
tools.echo{self = {model = "x"}, value = llm("scripted/model")}

--- [handles] read from a stream that is not open
--- gives: [true,true]
local stream = llm("scripted/model"):stream("x")
stream:close()
return {stream() == nil, stream.id == nil}

--- [reply ids] resume a waiting coroutine with an answer of one's own
--- gives: [false,"real"]
local co
local answer = {}
parallel(function()
  co = coroutine.create(function() sleep(0.01) return tools.echo{value = "real"} end)
  answer[2] = select(2, coroutine.resume(co))
end, function()
  answer[1] = (coroutine.resume(co, true, "forged"))
end)
return answer

--- [reply ids] answer a call of the host twice
--- gives: [2,2]
local function f(x) return x end
return tools.twice{f = f, x = 2}

--- [too large] send more than a message may hold
--- limits: memory=200
--- fails: value too large
tools.echo{value = ("x"):rep(17 * 2^20)}

--- [too large] return more than a message may hold
--- limits: memory=200
--- fails: value too large
return ("x"):rep(17 * 2^20)

--- [too large] return a list of a million nulls
--- limits: memory=200
--- fails: value too large
local list = array{}
for i = 1, 3e6 do list[i] = null end
return list

--- [too large] take an answer larger than the memory
--- limits: memory=4
--- fails: limit memory limit
return #tools.large{size = 8 * 2^20}

--- [too deep] send 201 levels
--- fails: value nested too deeply
local value = {}
for i = 1, 201 do value = {value} end
tools.echo{value = value}

--- [too deep] take a deep answer
--- gives: true
local value, depth = tools.deep{levels = 190}, 0
while value do value, depth = value[1], depth + 1 end
return depth == 191

--- [too deep] take an answer that is deeper than may cross
--- fails: value nested too deeply
return tools.deep{levels = 300}

--- [numbers] send what is no finite number
--- gives: ["value","value","value"]
local kinds = array{}
for _, number in ipairs{0/0, 1/0, -1/0} do
  local ok, e = pcall(tools.echo, {value = {number}})
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [large integers] send integers beyond 2^53
--- gives: [9007199254740993,-9223372036854775807]
return {tools.echo{value = 2^53 // 1 | 0 == 0 and 0 or 9007199254740993}, tools.echo{value = math.mininteger + 1}}

--- [text] send invalid UTF-8
--- gives: ["value","value","value","value"]
local kinds = array{}
for _, text in ipairs{"\255", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"} do
  local ok, e = pcall(tools.echo, {value = text})
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [text] print invalid UTF-8
--- fails: value not valid UTF-8
print("\xed\xa0\x80")

--- [text] throw invalid UTF-8
--- fails: spell
error("\xff\xfe\0", 0)

--- [text] send NUL and controls
--- gives: "a\u0000b\u001b[2J\u2028"
return tools.echo{value = "a\0b\27[2J\u{2028}"}

--- [text] use NUL in a name
--- fails: not_found
tools["echo\0x"]{}

--- [keys] send keys that are not text
--- gives: ["value","value","value","value"]
local kinds = array{}
for _, key in ipairs{true, 1.5, {}, print} do
  local ok, e = pcall(tools.echo, {value = {[key] = 1}})
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [keys] send a key of invalid UTF-8
--- fails: value not valid UTF-8
tools.echo{value = {["\255"] = 1}}

--- [cycles] send a table that holds itself
--- fails: value contains itself
local t = {}
t.t = t
tools.echo{value = t}

--- [cycles] print, log and throw a table that holds itself
--- gives: true
local t = {}
t.t, t[1] = t, t
print(t)
log.warn(t)
local ok, e = pcall(error, t)
return rawequal(e, t)

--- [cycles] send a table that doubles at every level
--- limits: memory=100
--- fails: value too large
local t = {("x"):rep(2^22)}
for i = 1, 60 do t = {t, t} end
tools.echo{value = t}

--- [mixed and sparse] send a table that is both list and object
--- fails: value neither a list nor an object
tools.echo{value = {1, 2, x = 3}}

--- [mixed and sparse] send a list with holes
--- fails: value
tools.echo{value = {1, nil, 3}}

--- [mixed and sparse] send a list whose last index is huge
--- fails: value
tools.echo{value = {[1] = 1, [2^52] = 1}}

--- [forged functions] pass data off as a function
--- fails: value $function
tools.twice{f = {["$function"] = 1}}

--- [forged functions] send the mark of a function deep inside of data
--- fails: value $function
tools.echo{value = {{a = {["$function"] = 99}}}}

--- [many calls] make ten thousand calls in one slice
--- limits: max_calls=2000
--- fails: limit limit of 2000 calls
local fs = {}
for i = 1, 10001 do fs[i] = function() return sleep(60) end end
parallel(table.unpack(fs))

--- [many calls] go on calling after the limit
--- limits: max_calls=10
--- fails: limit limit of 10 calls
while true do pcall(sleep, 0) end

--- [output] print a gigabyte
--- limits: max_output=100000
--- fails: limit output limit
local line = ("x"):rep(1000)
while true do pcall(print, line) end

--- [output] print one text larger than the limit
--- limits: max_output=1000
--- fails: limit output limit
pcall(write, ("x"):rep(1e6))

--- [output] log without end
--- limits: max_output=100000
--- fails: limit output limit
while true do pcall(log.debug, ("x"):rep(1000)) end

--- [errors] throw errors whose fields are forged
--- gives: ["tool","tool","tool","tool"]
local kinds = array{}
for _, fields in ipairs{{line = 1e300, file = "x"}, {stack = {1, {}, print}}, {line = 0/0, file = "\255"}, {hint = {}, data = print}} do
  fields.kind, fields.message = "tool", "x"
  local ok, e = pcall(tools.twice, {f = function() error(fields) end})
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [errors] end with an error whose fields are forged
--- fails: tool x
error({kind = "tool", message = "x", line = 0/0, file = "\255", stack = {{}}, retryable = "yes", status = {}, provider = print})
