local function words_until(wanted)
  local count = 0
  for chunk in llm():stream("Well?") do
    count = count + 1
    if chunk.text:find(wanted, 1, true) then
      return count
    end
  end
end

return words_until("yes")
