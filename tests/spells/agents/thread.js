const made = () => agent({ thread: "ada", instructions: "Be brief." });
const first = made();
await first.reset();
await first.run("I am Ada.");
const second = made();
const known = (await second.history()).length;
for await (const event of second.stream("Who am I?")) {
  if (event.type === "finish") print(event.text);
}
const third = made();
const said = await third.history();
const other = agent({ thread: "bob" });
await other.load(await third.save());
const names = [said.length, said[0].content, (await agent({ thread: "bob" }).history()).length];
await third.reset();
const err = await first.run("again").catch((error) => error);
await other.reset();
export default [
  known, names, (await made().history()).length, (await agent({}).history()).length, err.kind, err.message,
];
