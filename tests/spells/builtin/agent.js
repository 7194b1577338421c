const helper = agent({ tools: ["calculator", "read_file", "write_file"] });
const reply = await helper.run("What is 6 * 7, and what is in the files?");
export default {
  text: reply.text,
  told: reply.messages.map((message) => (message.role === "tool" ? message.content.slice(0, 32) : message.role)),
};
