-- An agent that writes a program instead of calling its tools one by one.
local stock = { tea = 12, coffee = 3, sugar = 0, milk = 7 }

local function named(name, description, parameters, run)
  return { name = name, description = description, parameters = parameters, run = run }
end

local clerk = agent {
  instructions = "You look after a shop. Use the tools, then answer in one sentence.",
  tools = {
    named("articles", "The names of all articles.", nil, function()
      local names = {}
      for name in pairs(stock) do names[#names + 1] = name end
      table.sort(names)
      return names
    end),
    named("in_stock", "How many of an article there are.", { article = "string" }, function(args)
      return stock[args.article] or error("there is no " .. args.article)
    end),
  },
  code = "lua",
  limits = { max_turns = 4 },
}

clerk:on("tool_call", function(event)
  if event.name == "run_code" then print("-- the model runs:\n" .. (event.arguments.code or "")) end
end)

local reply = clerk:run("What do we have to order, if we want five of everything?")
print(reply.text)
return { reason = reply.reason, turns = reply.turns, calls = reply.tool_calls }
