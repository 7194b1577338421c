await fs.make("a/b");
await fs.copy("one.txt", "a/two.txt");
await fs.move("a/two.txt", "a/b/three.txt");
await fs.remove("old", { recursive: true });
await fs.remove("empty");
const names = (await fs.list()).map((entry) => `${entry.name} ${entry.type}`);
export default { names, found: await fs.glob("**/*.txt"), none: await fs.glob("*.md") };
