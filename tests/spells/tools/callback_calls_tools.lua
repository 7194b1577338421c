local function plus_ten(n)
  sleep(0.001 * (4 - n))
  return tools.add { a = n, b = 10 }
end
local function ask(question)
  return llm():complete(question).text
end
local deep = tools.apply {
  args = { 40 },
  run = function(n)
    return tools.apply { args = { 2 }, run = function(m) return tools.add { a = n, b = m } end }
  end,
}
return {
  sums = tools.each { items = { 1, 2, 3 }, run = plus_ten },
  city = tools.apply { run = ask, args = { "Where?" } },
  deep = deep,
}
