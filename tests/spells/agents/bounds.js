const told = (reply) => reply.messages.filter(({ role }) => role === "tool").map(({ content }) => content);
const refusal = async (options) => {
  const failed = await agent(options).run("x").catch((error) => error);
  return [failed.kind, failed.message];
};

const reader = agent({ name: "reader", tools: ["read_file", "echo"], permissions: { read: ["a"] } });
const inner = agent({ name: "inner", tools: ["read_file"] });
const outer = agent({ tools: [inner], permissions: { read: ["b", "/"] } });
const own = tool({ name: "own", run: async () => await fs.read("b/two.txt") });
const mixed = agent({ tools: [own], permissions: { read: [] } });
const [first, second] = [told(await reader.run("Read.")), told(await outer.run("Read."))];
const waiting = { name: "wait", run: async () => await sleep(30) };
const late = await agent({ limits: { timeout: 0.3 }, tools: [waiting] }).run("Wait.");
export default {
  reader: [first[0].match("one")[0], first[1].split(" (")[0], first[2]], outer: second[0], own: told(await mixed.run("Read."))[0],
  tool: await refusal({ tools: ["echo"], permissions: { tools: ["read_file"] } }),
  inner: told(await agent({ tools: [inner], permissions: { tools: ["inner"] } }).run("Read."))[0].split(" (")[0],
  model: await refusal({ permissions: { models: ["other/*"] } }),
  wrong: (await refusal({ permissions: { reed: [] } }))[1],
  late: [late.reason, late.detail],
};
