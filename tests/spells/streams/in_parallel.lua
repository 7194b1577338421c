local function whole(prompt)
  return function()
    local text = ""
    for chunk in llm():stream(prompt) do
      text = text .. chunk.text
      sleep(0.001)
    end
    return text
  end
end
return { parallel(whole("left"), whole("right"), whole("third")) }
