-- Plays one scenario: see README.md. `params` are the case, and the way: run or stream.
local case, ran, events, shown, failures, fired = params.case, array {}, array {}, "", 0, {}

local build

local function act(does, args)
  if does.echo then return args end
  if does.huge then return string.rep("x", does.huge) end
  if does.wait then sleep(does.wait) return "late" end
  if does.stop then error({ kind = "tool", message = does.stop, data = { stop = true } }) end
  if does.fail then error(does.fail) end
  if does.fail_first then
    if failures >= does.fail_first then return "ok" end
    failures = failures + 1
    error("not yet")
  end
  return does.give
end

local function made(spec)
  if spec.does.agent then
    return build(spec.does.agent):as_tool { name = spec.name }
  end
  local options = {}
  for key, value in pairs(spec) do options[key] = value end
  options.does = nil
  options.run = function(args)
    ran[#ran + 1] = array { spec.name, args }
    return act(spec.does, args)
  end
  return tool(options)
end

function build(spec)
  local options, tools = {}, array {}
  for key, value in pairs(spec) do options[key] = value end
  for at, each in ipairs(spec.tools or {}) do tools[at] = made(each) end
  options.tools, options.model = tools, spec.model .. "/test"
  return agent(options)
end

local function hooked(made_agent)
  for number, spec in ipairs(case.hooks or {}) do
    made_agent:on(spec.on, function(event)
      fired[number] = (fired[number] or 0) + 1
      if fired[number] > (spec.times or 1000) then return nil end
      local act_on = spec["do"]
      if act_on.fail then error(act_on.fail) end
      if act_on.append then return { change = { text = event.text .. act_on.append } } end
      return act_on
    end)
  end
  return made_agent
end

local function main()
  local spec = {}
  for key, value in pairs(case.agent or {}) do spec[key] = value end
  spec.model, spec.tools = "main", case.tools
  return hooked(build(spec))
end

local function streamed(made_agent)
  local reply
  for event in made_agent:stream(case.prompt) do
    local repeated = (event.type == "text" or event.type == "reasoning") and events[#events] == event.type
    if event.type ~= "output" and not repeated then events[#events + 1] = event.type end
    if event.type == "text" then shown = shown .. event.text end
    reply = event.reply or reply
  end
  return reply
end

local questions = array {}
local function noted(reply)
  for _, question in ipairs(reply.questions or {}) do questions[#questions + 1] = question.id end
  return reply
end

local ok, reply = pcall(function()
  local made_agent = main()
  local reply = noted(params.way == "run" and made_agent:run(case.prompt) or streamed(made_agent))
  local answers = case.answers or array {}
  if #answers == 0 and next(answers) then answers = { answers } end
  for _, each in ipairs(answers) do
    reply = noted(main():resume(each, reply.state))
  end
  return reply
end)
return { reply = ok and reply or nil, error = not ok and { reply.kind, reply.message } or nil,
  ran = ran, events = events, shown = shown, questions = questions }
