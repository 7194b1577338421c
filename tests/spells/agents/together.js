async function both(options) {
  const helper = agent(options);
  await helper.reset();
  const say = async (prompt) => (await helper.run(prompt)).text;
  const [one, two] = await parallel(() => say("one"), () => say("two"));
  await helper.run("three");
  return [one, two, (await helper.history()).map((message) => message.content)];
}
export default [await both({}), await both({ thread: "together" })];
