const tools = [{ name: "weather", description: "Weather.", run: () => "warm" }];
for (let i = 1; i <= 30; i++) tools.push({ name: `tool${i}`, description: "Does something else.", run: () => {} });
const reply = await agent({ tools, declare: 20 }).run("Is it warm?");
export default [reply.text, reply.toolCalls];
