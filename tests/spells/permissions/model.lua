local function kind_of(make)
  local ok, failure = pcall(function() return make():complete("Hi") end)
  return ok and "allowed" or failure.kind .. ": " .. failure.message .. "; " .. failure.hint
end
return {
  granted = kind_of(function() return llm("scripted/large") end),
  other = kind_of(function() return llm("scripted/other") end),
  in_a_list = kind_of(function() return llm({fallback = {"scripted/other", "scripted/large"}}) end),
  of_a_rule = kind_of(function() return llm({route = {{model = "scripted/other"}}}) end),
  by_a_function = kind_of(function() return llm({route = function() return "scripted/other" end}) end),
}
