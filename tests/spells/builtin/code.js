const helper = agent({ code: "js", tools: ["calculator", "read_file"] });
const reply = await helper.run("Try.");
export default { text: reply.text, told: reply.messages[2].content.slice(0, 55) };
