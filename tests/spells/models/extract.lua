local model = llm()
local city = model:extract("Ada lives in Paris, 3 of 4 days.", { city = "string", days = "integer?" })
local tags = model:extract("red and blue", { "string" }, { mode = "prompted", temperature = 0 })
local label = model:classify("Buy now!", { "spam", "ham" })
local meant = model:classify("Hello", { spam = "wants money", ham = "all else" }, { instructions = "Be fair." })
local ok, err = pcall(model.extract, model, "nothing", { n = "integer" }, { repairs = 0 })
local _, wrong = pcall(model.extract, model, "nothing", { n = "intger" })
return {
  city = city, tags = tags, label = label, meant = meant, calls = spell.usage().calls,
  err = { err.kind, err.data.text }, wrong = { wrong.kind, wrong.hint },
}
