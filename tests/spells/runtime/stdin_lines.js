const lines = [];
for await (const line of stdin.lines()) lines.push(line);
export default lines;
