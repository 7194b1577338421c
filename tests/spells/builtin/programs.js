const database = { database: "shop.db", sql: "CREATE TABLE items (name)", write: true };
await tools.sqlite_query(database);
await tools.sqlite_query({ database: "shop.db", sql: "INSERT INTO items VALUES (?)", parameters: ["lamp"], write: true });
const problem = await tools.sqlite_query({ database: "shop.db", sql: "DELETE FROM items" }).catch((error) => error);
const done = await tools.run_program({ program: "sort", input: "b\na\n" });
export default {
  rows: (await tools.sqlite_query({ database: "shop.db", sql: "SELECT * FROM items" })).rows,
  refused: !(problem instanceof Error),
  problem: problem.kind,
  sorted: done.stdout,
  code: done.code,
};
