-- Several calls at once. Their values come in the order of the functions; one failure cancels the others.
--   llmspell run examples/04_parallel.lua -p topic=lighthouses
local topic = params.topic or "trains"
local model = llm(nil, { max_tokens = 40 })

local function ask(question)
  return function()
    return model:complete(question .. " " .. topic .. "?").text
  end
end

local good, bad = parallel(ask("What is good about"), ask("What is bad about"))

return { good = good, bad = bad, calls = spell.usage().calls }
