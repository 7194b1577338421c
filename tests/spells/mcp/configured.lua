local notes = mcp("notes")
local names = {}
for i, tool in ipairs(notes:tools()) do
  names[i] = tool.name
end
local drawn = notes:call("draw")
local prompt = notes:prompt("summary", { topic = "tea" })
return {
  names = names,
  schema = notes:tools()[1].parameters.required,
  found = notes:call("search", { query = "milk" }),
  counted = notes:call("count").data.notes,
  said = drawn.text,
  kinds = { drawn.parts[1].type, drawn.parts[2].type, drawn.parts[2].mime },
  size = drawn.parts[2].data.size,
  resource = notes:resources()[1],
  template = notes:templates()[1].uri,
  read = notes:read("note://monday"),
  prompt = notes:prompts()[1],
  asked = prompt[1],
  reply = llm():complete(prompt).text,
  version = notes:info().version,
  offers = notes:info().offers,
  direct = tools.notes_search { query = "tea" },
  structured = tools.notes_count {},
  picture = tools.notes_draw()[2].mime,
}
