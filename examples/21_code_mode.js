// An agent that writes a program instead of calling its tools one by one.
const stock = { tea: 12, coffee: 3, sugar: 0, milk: 7 };

const clerk = agent({
  instructions: "You look after a shop. Use the tools, then answer in one sentence.",
  tools: [
    { name: "articles", description: "The names of all articles.", run: () => Object.keys(stock).sort() },
    {
      name: "in_stock",
      description: "How many of an article there are.",
      parameters: { article: "string" },
      run: ({ article }) => {
        if (!(article in stock)) throw new Error(`there is no ${article}`);
        return stock[article];
      },
    },
  ],
  code: "js",
  limits: { maxTurns: 4 },
});

await clerk.on("tool_call", (event) => {
  if (event.name === "run_code") print(`// the model runs:\n${event.arguments.code ?? ""}`);
});

const reply = await clerk.run("What do we have to order, if we want five of everything?");
print(reply.text);
export default { reason: reply.reason, turns: reply.turns, calls: reply.toolCalls };
