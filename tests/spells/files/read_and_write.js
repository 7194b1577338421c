await fs.write("out/copy.txt", (await fs.read("in/note.txt")) + "!", { createParents: true });
await fs.write("out/copy.txt", " more", { append: true });
const err = await fs.write("gone/x.txt", "x").catch((error) => error);
const lines = [];
for await (const line of fs.lines("in/lines.txt")) lines.push(line);
export default {
  text: await fs.read("out/copy.txt"), kind: err.kind, lines, size: (await fs.stat("in/note.txt")).size,
  there: [await fs.exists("in"), await fs.exists("in/gone")], type: (await fs.stat("in")).type,
};
