local attempts = {}
local value = retry(function(attempt)
  attempts[#attempts + 1] = attempt
  if attempt < 3 then
    tools.fail { message = "not yet" }
  end
  return "third"
end, { attempts = 5, delay = 0.001 })
return { value = value, attempts = attempts }
