-- Has a recorded conversation again: `params` are the agent, and what its tools gave is with the host.
local options, offered = {}, array {}
for key, value in pairs(params.agent) do options[key] = value end
for at, spec in ipairs(params.tools) do
  offered[at] = {
    name = spec.name, description = spec.description, parameters = spec.parameters,
    run = function(args) return tools.recorded { name = spec.name, args = args } end,
  }
end
options.tools = offered
local helper = agent(options)
if not params.stream then return helper:run(params.prompt) end
local reply
for event in helper:stream(params.prompt) do reply = event.reply or reply end
return reply
