export default { text: await stdin.read(), lines: await stdin.lines().collect() };
