local notes = memory("words", { meaning = false })
notes:delete()
local first = notes:add("The harbour opens at six in the morning.", { source = "harbour", metadata = { page = 7 } })
notes:add("# Ships\n\nA ship has sails.\n\n## Anchors\n\nAn anchor holds the ship.", { source = "ships", title = "On ships" })
local again = notes:add("The harbour opens at six in the morning.", { source = "harbour", metadata = { page = 7 } })
local found = notes:search("anchors", { limit = 2 })
local sixth = notes:search("when does it OPEN?")[1]
local context = notes:context("anchor")
local count = notes:count()
notes:add("The harbour is closed.", { source = "harbour" })
return {
  first = first, again = again, count = count, sources = notes:sources(),
  found = { #found, found[1].heading, found[1].text, found[1].title, found[1].score > 0 },
  sixth = { sixth.source, sixth.metadata.page }, context = context,
  replaced = { #notes:search("six"), notes:search("closed")[1].text },
  nothing = { #notes:search("zebra"), #notes:search("?!"), notes:context("zebra") },
  gone = { notes:delete("harbour"), notes:delete("harbour"), notes:delete(), notes:count().pieces },
  other = memory("others", { meaning = false }):count().documents,
}
