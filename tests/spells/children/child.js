if (params.fail) {
  throw new Error("no such luck"); // HERE
} else if (params.wait) {
  await sleep(params.wait);
} else if (params.calls) {
  for (let i = 0; i < params.calls; i++) await sleep(0);
}
let result = { given: params.value, name: spell.name.split("/").pop().replace(/\.\w+$/, ""), input: await stdin.read() };
if (params.ask) result = (await llm().complete(params.ask, { maxTokens: params.longest })).text;
else if (params.read) result = await fs.read(params.read);
else if (params.print) write("x".repeat(params.print));
export default result;
