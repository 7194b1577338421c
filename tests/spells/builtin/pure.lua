local data = { users = array { { name = "Ada", age = 36 }, { name = "Bob", age = 20 } } }
local split = tools.text_split { text = "a, b,c", pattern = ",\\s*", regex = true }
local clock = tools.clock { time = "2025-01-31", add = 1, unit = "months", time_zone = "Europe/Paris" }
local wrong, problem = pcall(tools.calculator, { expression = "9^9^9" })
return {
  sum = tools.calculator { expression = "(12.5 + 3) * 4 ^ 2" },
  big = tools.calculator { expression = "2^64" },
  found = tools.text_search { text = "one two one", pattern = "one" }.count,
  replaced = tools.text_replace { text = "a-b", pattern = "(a)-", replacement = "\\1+", regex = true }.text,
  split = split,
  words = tools.text_stats { text = "two words" }.words,
  names = tools.json_query { data = data, query = "users[?age > `30`].name" },
  date = clock.date,
  weekday = clock.weekday,
  wrong = wrong,
  problem = problem.kind,
}
