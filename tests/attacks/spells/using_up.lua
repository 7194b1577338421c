--- [plain loop] loop for ever
--- fails: limit CPU limit
while true do end

--- [plain loop] jump for ever
--- fails: limit CPU limit
::again:: goto again

--- [protected loop] loop inside of pcall, again and again
--- fails: limit CPU limit
while true do pcall(function() while true do end end) end

--- [protected loop] loop in the handler of xpcall
--- fails: limit CPU limit
xpcall(error, function() while true do end end)

--- [protected loop] swallow the limit in handlers of handlers
--- fails: limit CPU limit
local function swallow() return xpcall(swallow, function() while true do end end) end
while true do pcall(swallow) end

--- [coroutines] loop in a coroutine
--- fails: limit CPU limit
while true do coroutine.resume(coroutine.create(function() while true do end end)) end

--- [coroutines] loop in nested coroutines
--- fails: limit CPU limit
local function nest(n)
  return function()
    if n == 0 then while true do end end
    coroutine.wrap(nest(n - 1))()
  end
end
while true do pcall(nest(30)) end

--- [coroutines] loop where coroutine.wrap is an iterator
--- fails: limit CPU limit
for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end

--- [metamethods] loop in every metamethod
--- fails: limit CPU limit
local function trap() while true do end end
local t = setmetatable({}, {__index = trap, __add = trap, __eq = trap, __call = trap, __concat = trap})
pcall(function() return t.x end)
pcall(function() return t + 1 end)
pcall(t)

--- [metamethods] loop in __index chains
--- fails: limit CPU limit
local a, b = {}, {}
setmetatable(a, {__index = function(_, k) return b[k] end})
setmetatable(b, {__index = function(_, k) return a[k] end})
while true do pcall(function() return a.x end) end

--- [finalizers] close without end while unwinding
--- fails: limit CPU limit
while true do
  pcall(function()
    local x <close> = setmetatable({}, {__close = function() while true do end end})
    error("x")
  end)
end

--- [finalizers] fail in a closer for ever
--- fails: limit CPU limit
while true do
  pcall(function() local x <close> = setmetatable({}, {__close = function() error("x") end}) end)
end

--- [comparators] loop in a comparator of table.sort
--- fails: limit CPU limit
while true do pcall(table.sort, {3, 2, 1}, function() while true do end end) end

--- [comparators] sort with an order that is none
--- fails: limit CPU limit
local list = {}
for i = 1, 2000 do list[i] = i end
while true do pcall(table.sort, list, function() return math.random() < 0.5 end) end

--- [replacers] loop in a callback of gsub
--- fails: limit CPU limit
while true do pcall(string.gsub, "abc", "%w", function() while true do end end) end

--- [iterators] iterate without end
--- fails: limit CPU limit
for _ in function() return 1 end do end

--- [iterators] iterate a stream of the host without end
--- limits: max_calls=50
--- fails: limit limit of 50 calls
while true do for _ in llm("scripted/model"):stream("x") do end end

--- [iterators] add keys while iterating
--- fails: limit
while true do
  pcall(function()
    local t = {1, 2, 3}
    for k in pairs(t) do
      for i = 1, 1000 do t[k .. "x" .. i] = 1 end
      t[k] = nil
    end
  end)
end

--- [after an await] loop after an answer
--- fails: limit CPU limit
sleep(0.01)
while true do pcall(error) end

--- [after an await] loop in a child task after an answer
--- fails: limit CPU limit
parallel(function() sleep(0.01) while true do end end, function() sleep(60) end)

--- [after an await] loop in retry and race
--- fails: limit CPU limit
retry(function() race(function() sleep(0) while true do end end, function() sleep(60) end) end, {attempts = 1000, delay = 0})

--- [backtracking] match a pattern that takes exponential time
--- fails: limit CPU limit
--- inline: hangs
local s = ("a"):rep(30)
return s:match(("a?"):rep(30) .. ("a"):rep(30) .. "b")

--- [backtracking] match .- many times
--- fails: limit CPU limit
--- inline: hangs
return (("a"):rep(3000)):find((".-"):rep(10) .. "b")

--- [backtracking] replace with a pattern that takes exponential time
--- fails: limit CPU limit
--- inline: hangs
return (("a"):rep(40)):gsub(("a?"):rep(40) .. ("a"):rep(40) .. "b", "x")

--- [backtracking] nest captures deeper than allowed
--- fails: spell
return ("x"):match(("("):rep(40) .. "x" .. (")"):rep(40))

--- [string building] repeat a text to a gigabyte
--- fails: limit memory limit
return #string.rep("x", 2^30)

--- [string building] repeat it inside of pcall
--- fails: limit memory limit
while true do pcall(string.rep, "x", 2^30) end

--- [string building] repeat nothing 2^53 times
--- gives: 0
return #string.rep("", 2^53)

--- [string building] concatenate a table to a gigabyte
--- fails: limit memory limit
local t = {}
for i = 1, 1e5 do t[i] = ("x"):rep(1000) .. "" end
while true do pcall(table.concat, t) end

--- [string building] double a text until the memory is full
--- fails: limit memory limit
local s = "x"
while true do s = s .. s end

--- [string building] pack a huge text
--- fails: limit
local s = ("x"):rep(2^20)
while true do s = string.pack("s4s4", s, s) end

--- [sorting] sort a million numbers again and again
--- limits: memory=100
--- fails: limit CPU limit
--- inline: hangs
local list = {}
for i = 1, 1e6 do list[i] = (i * 7919) % 1000003 end
while true do table.sort(list) end

--- [sorting] move and unpack huge ranges
--- fails: limit
--- inline: hangs
pcall(table.unpack, {}, 1, 1e8)
pcall(table.move, {}, 1, 2^60, 2)
while true do pcall(table.concat, {}, "", 1, 2^60) end

--- [sorting] insert at the front of a long list
--- fails: limit CPU limit
local list = {}
for i = 1, 1e5 do list[i] = i end
while true do table.insert(list, 1, 1) table.remove(list, 1) end

--- [stringify] encode a huge value
--- limits: memory=300
--- fails: limit CPU limit
local list = {}
for i = 1, 2e5 do list[i] = {i} end
while true do pcall(json.encode, list) end

--- [format] ask for a huge width
--- gives: [false,false,false]
return {(pcall(string.format, "%1000000000d", 1)), (pcall(string.format, "%.1000000000f", 1)), (pcall(string.format, "%0999999999x", 1))}

--- [format] format without end
--- fails: limit CPU limit
while true do string.format(("%s"):rep(100), table.unpack({}, 1, 100)) end

--- [recursion] recurse without end
--- fails: limit memory limit
local function f() return 1 + f() end
f()

--- [recursion] recurse without end and catch it
--- fails: limit
local function f() return 1 + f() end
while true do pcall(f) end

--- [recursion] recurse through C
--- fails: spell
local function f() return (("x"):gsub("x", f)) end
f()

--- [recursion] recurse through metamethods
--- fails: spell
local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end})
return t[1]

--- [recursion] recurse through coroutines
--- fails: spell
local function f() return coroutine.wrap(f)() end
f()

--- [recursion] recurse through pcall, deeper than C can
--- fails: limit
local function f() pcall(f) pcall(f) end
f()

--- [recursion] recurse so with much memory
--- limits: memory=400
--- fails: limit CPU limit
local function f() pcall(f) pcall(f) end
f()

--- [recursion] recurse through xpcall, coroutines and closers
--- fails: limit
local function f()
  local x <close> = setmetatable({}, {__close = function() pcall(error) end})
  xpcall(f, function(e) return e end)
  coroutine.wrap(f)()
  pcall(f)
end
f()

--- [deep parsing] compile deeply nested source
--- gives: [true,true,true]
return {load("return " .. ("("):rep(1e5) .. "1" .. (")"):rep(1e5)) == nil, load(("do "):rep(1e5)) == nil,
  load("return " .. ("not "):rep(1e5) .. "1") == nil}

--- [deep parsing] decode deeply nested JSON
--- gives: [false,"value"]
local ok, e = pcall(json.decode, ("["):rep(1e5))
return {ok, e.kind}

--- [deep parsing] compile a long source again and again
--- fails: limit
local s = ("x = 1 "):rep(1e5)
while true do load(s) end

--- [deep parsing] read code without end
--- fails: limit
load(function() return "x = 1 " end)

--- [a million] start a million coroutines
--- fails: limit
local all = {}
for i = 1, 1e6 do
  all[i] = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(all[i])
end

--- [a million] start a million tasks
--- fails: limit
local all = {}
for i = 1, 1e6 do all[i] = function() sleep(60) end end
parallel(table.unpack(all))

--- [a million] make a million bridge objects
--- fails: limit
local all = {}
for i = 1, 1e9 do all[i] = llm("m" .. i) end

--- [timers] sleep by the ten thousand
--- limits: max_calls=3000
--- fails: limit limit of 3000 calls
local all = {}
for i = 1, 1e4 do all[i] = i end
map(all, function() sleep(1000) end, {concurrency = 1e9})

--- [timers] sleep for ever
--- limits: timeout=0.3
--- fails: limit time limit
sleep(1e6)

--- [timers] sleep for no time, for ever
--- limits: timeout=0.3 max_calls=1000000
--- fails: limit time limit
while true do sleep(0) end

--- [timers] sleep a wrong number of seconds
--- gives: [false,false,false,true]
return {(pcall(sleep, -1/0)), (pcall(sleep, 0/0)), (pcall(sleep, {})), (pcall(sleep, 0))}

--- [memory] fill a table
--- fails: limit memory limit
local t = {}
for i = 1, 1e9 do t[i] = i end

--- [memory] fill the memory in pieces, and catch it
--- fails: limit memory limit
local t = {}
while true do pcall(function() while true do t[#t + 1] = {#t} end end) end

--- [memory] fill it from an answer
--- limits: memory=8
--- fails: limit memory limit
local t = {}
while true do t[#t + 1] = tools.large{size = 2^20} .. #t end

--- [memory] make closures and coroutines
--- fails: limit memory limit
local t = {}
while true do t[#t + 1] = coroutine.wrap(function() return t end) end

--- [catching the limit] catch the CPU limit and print
--- fails: limit CPU limit
pcall(function() while true do end end)
print("went on")
tools.echo{value = "went on"}
return "went on"

--- [catching the limit] catch the memory limit and go on
--- fails: limit memory limit
pcall(string.rep, "x", 2^30)
return "went on"

--- [catching the limit] catch the output limit and go on
--- limits: max_output=10
--- fails: limit output limit
pcall(print, ("x"):rep(100))
return "went on"

--- [catching the limit] hide the limit in a coroutine that is never resumed again
--- fails: limit CPU limit
local co = coroutine.create(function() while true do end end)
coroutine.resume(co)
return "went on"

--- [catching the limit] throw a limit of one's own
--- fails: spell mine
error({kind = "limit", message = "mine"})

--- [after a limit] use the session again from a callback
--- fails: limit CPU limit
local function spin() while true do end end
pcall(function() parallel(spin, function() sleep(0.01) print("went on") end) end)
sleep(0.1)
print("went on")

--- [plain loop] loop for ever in LuaJIT, whose compiled code knows no limits
--- dialect: luajit
--- only: process
--- fails: limit CPU limit
local n = 0
while true do n = n + 1 end

--- [protected loop] loop inside of pcall and coroutines of LuaJIT
--- dialect: luajit
--- only: process
--- fails: limit CPU limit
while true do
  pcall(function() while true do end end)
  coroutine.resume(coroutine.create(function() while true do end end))
end

--- [filling] insert at an index of 2^53
--- dialect: luajit
--- only: process
--- fails: limit CPU limit
table.insert({}, 2^53, 1)

--- [backtracking] match a pattern of LuaJIT that takes exponential time
--- dialect: luajit
--- only: process
--- fails: limit CPU limit
return (("a"):rep(30)):match(("a?"):rep(30) .. ("a"):rep(30) .. "b")

--- [memory] fill the memory of LuaJIT
--- dialect: luajit
--- only: process
--- fails: limit memory limit
local t = {}
for i = 1, 1e9 do t[i] = {i} end

--- [catching the limit] catch the limit of LuaJIT and go on
--- dialect: luajit
--- only: process
--- fails: limit CPU limit
pcall(function() while true do end end)
return "went on"

--- [metamethods] walk a list that is all metamethods
--- fails: limit
table.concat(setmetatable({}, {__index = function() return "x" end}), ",", 1, 1e9)
