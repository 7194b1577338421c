export default { text: await stdin.read(), again: await stdin.read() };
