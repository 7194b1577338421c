local a, b, c = parallel(
  function() return tools.later { seconds = 0.02, value = "slow" } end,
  function() return tools.later { seconds = 0, value = "quick" } end,
  function() return 3 end
)
return { a, b, c }
