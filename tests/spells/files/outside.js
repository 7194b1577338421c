const refused = [];
for (const path of ["secret.txt", "in/../secret.txt", "in/link.txt", "in/parent/secret.txt", "/etc/passwd",
                    "in/nowhere", "in/gone.txt", "in/dir"]) {
  await fs.read(path).catch((err) => refused.push(err.kind));
}
for (const write of [() => fs.write("in/x", "x"), () => fs.write("in/link.txt", "x"), () => fs.remove("in/link.txt"),
                     () => fs.make("in/made"), () => fs.move("in/note.txt", "out.txt"), () => fs.glob("*")]) {
  await write().catch((err) => refused.push(err.kind));
}
export default { refused, text: await fs.read("in/note.txt"), through: await fs.read("in/inner") };
