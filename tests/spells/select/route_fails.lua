local results = {}
for i, choose in ipairs { function() return 5 end, function() error("no idea") end, function() return "nobody/x" end } do
  local routed = llm { route = choose }
  local ok, err = pcall(routed.complete, routed, "Hi")
  results[i] = { ok, err.kind }
end
return results
