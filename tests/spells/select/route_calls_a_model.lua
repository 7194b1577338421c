local judge = llm("scripted/judge")
local routed = llm {
  route = function(request)
    return "scripted/" .. judge:complete("Is this hard? " .. request.text).text
  end,
}
local model
for chunk in routed:stream("2 + 2") do
  model = chunk.model
end
return model
