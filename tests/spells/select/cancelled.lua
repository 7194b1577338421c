local smart = llm { fallback = { "scripted/first", "scripted/second" } }
local winner = race(
  function() return smart:complete("slow").text end,
  function()
    sleep(0.01)
    return "done"
  end
)
return winner
