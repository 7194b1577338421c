local database = { database = "shop.db", sql = "CREATE TABLE items (name)", write = true }
tools.sqlite_query(database)
tools.sqlite_query { database = "shop.db", sql = "INSERT INTO items VALUES (?)", parameters = array { "lamp" }, write = true }
local refused, problem = pcall(tools.sqlite_query, { database = "shop.db", sql = "DELETE FROM items" })
local done = tools.run_program { program = "sort", input = "b\na\n" }
return {
  rows = tools.sqlite_query { database = "shop.db", sql = "SELECT * FROM items" }.rows,
  refused = refused,
  problem = problem.kind,
  sorted = done.stdout,
  code = done.code,
}
