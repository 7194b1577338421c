-- Parallel: views that do not depend on each other are asked for at the same time, then joined.
--   llmspell run examples/patterns/parallel.lua -p plan="We open a tea house on a boat."
local plan = params.plan or "We open a tea house on a boat."
local model = llm(nil, { max_tokens = 60 })

local function view(of)
  return function() return model:complete("As " .. of .. ", say in one sentence what you think of this: " .. plan).text end
end

local money, law, guests = parallel(view("an accountant"), view("a lawyer"), view("a guest"))
local all = table.concat({ money, law, guests }, "\n")
return {
  views = { money = money, law = law, guests = guests },
  verdict = model:complete("Three people looked at a plan:\n" .. all .. "\nSay in one sentence what they think.").text,
}
