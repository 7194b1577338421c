if params.fail then
  error("no such luck") -- HERE
elseif params.wait then
  sleep(params.wait)
elseif params.calls then
  for _ = 1, params.calls do
    sleep(0)
  end
elseif params.ask then
  return llm():complete(params.ask, { max_tokens = params.longest }).text
elseif params.read then
  return fs.read(params.read)
elseif params.print then
  write(string.rep("x", params.print))
end
local name = spell.name:match("([^/]+)%.%w+$")
return { given = params.value, name = name, input = stdin.read() }
