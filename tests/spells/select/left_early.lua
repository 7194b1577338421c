local smart = llm { fallback = { "scripted/first", "scripted/second" } }
for chunk in smart:stream("Hi") do
  write(chunk.text)
  break
end
return smart:complete("And?").text
