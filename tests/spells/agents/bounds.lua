local function told(reply)
  local found = {}
  for _, message in ipairs(reply.messages) do
    if message.role == "tool" then found[#found + 1] = message.content end
  end
  return found
end
local function refusal(options)
  local _, failed = pcall(function() return agent(options):run("x") end)
  return { failed.kind, failed.message }
end

local reader = agent { name = "reader", tools = { "read_file", "echo" }, permissions = { read = { "a" } } }
local inner = agent { name = "inner", tools = { "read_file" } }
local outer = agent { tools = { inner }, permissions = { read = { "b", "/" } } }
local own = tool { name = "own", run = function() return fs.read("b/two.txt") end }
local mixed = agent { tools = { own }, permissions = { read = {} } }
local first, second = told(reader:run("Read.")), told(outer:run("Read."))
local late = agent { limits = { timeout = 0.3 }, tools = { { name = "wait", run = function() sleep(30) end } } }:run("Wait.")
return {
  reader = { first[1]:match("one"), first[2]:match("^(.-) %("), first[3] }, outer = second[1], own = told(mixed:run("Read."))[1],
  tool = refusal { tools = { "echo" }, permissions = { tools = { "read_file" } } },
  inner = told(agent { tools = { inner }, permissions = { tools = { "inner" } } }:run("Read."))[1]:match("^(.-) %("),
  model = refusal { permissions = { models = { "other/*" } } },
  wrong = refusal { permissions = { reed = {} } }[2],
  late = { late.reason, late.detail },
}
