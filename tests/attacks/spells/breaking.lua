--- [open calls] end with calls still open
--- gives: "done"
local started = 0
race(function() return 1 end, function() sleep(60) end, function() tools.slow{seconds = 60} end)
return "done"

--- [open calls] fail with calls still open
--- fails: spell mine
parallel(function() sleep(60) end, function() sleep(0.01) error("mine", 0) end)

--- [dropped streams] leave a stream half-way
--- gives: "one"
for part in llm("scripted/model"):stream("x") do return "one" end

--- [dropped streams] open many streams and leave them all
--- gives: 100
local all = {}
for i = 1, 100 do all[i] = llm("scripted/model"):stream("x") all[i]() end
return #all

--- [callbacks] fail in a callback of the host
--- fails: spell mine
tools.twice{f = function() error("mine", 0) end}

--- [callbacks] never return from a callback
--- limits: timeout=0.3
--- fails: limit time limit
tools.twice{f = function() sleep(1e6) end}

--- [callbacks] loop in a callback
--- fails: limit CPU limit
tools.twice{f = function() while true do end end}

--- [callbacks] return from a callback what cannot cross
--- fails: value
tools.twice{f = function() return print end}

--- [callbacks] call the host from the callback that the host called
--- gives: [[[1,1],[1,1]],[[1,1],[1,1]]]
local function inner(x) return x end
local function middle(x) return tools.twice{f = inner, x = x} end
return tools.twice{f = function(x) return tools.twice{f = middle, x = x} end, x = 1}

--- [callbacks] recurse through the host without end
--- limits: max_calls=200
--- fails: limit limit of 200 calls
local function f(x) return tools.twice{f = f} end
f()

--- [callbacks] end the run while the host waits for a callback
--- gives: "over"
race(function() tools.twice{f = function() sleep(60) end} end, function() sleep(0.01) end)
return "over"

--- [killed workers] be killed while computing
--- only: process
--- limits: cpu=10
--- fails: internal worker process
while true do end

--- [killed workers] be killed while waiting
--- only: process
--- fails: internal worker process
sleep(60)

--- [killed workers] be killed between thousands of calls
--- only: process
--- limits: max_calls=10000000
--- fails: internal worker process
while true do tools.echo{value = {1}} end

--- [killed workers] be killed with streams and callbacks open
--- only: process
--- limits: max_calls=10000000
--- fails: internal worker process
parallel(function() tools.twice{f = function() sleep(60) end} end,
  function() while true do for _ in llm("scripted/model"):stream("x") do end end end)
