// What spells do with texts again and again: import { chunks, files, input } from "llmspell:text".
const ENDINGS = /\.(md|txt|rst|html|csv|json|lua|js|py)$/;

// Parts of at most `size` characters, cut between paragraphs, else lines, else sentences, else words, else anywhere.
export function chunks(whole, size) {
  const parts = [];
  while (whole.length > size) {
    let cut = 0;
    for (const gap of ["\n\n", "\n", ". ", " "]) {
      const found = whole.lastIndexOf(gap, size - gap.length);
      cut = Math.max(cut, found < 0 ? 0 : found + gap.length);
      if (cut > size / 4) break;
    }
    if (cut === 0) cut = /[\uD800-\uDBFF]/.test(whole[size - 1]) && size > 1 ? size - 1 : size;
    parts.push(whole.slice(0, cut));
    whole = whole.slice(cut);
  }
  if (whole.trim()) parts.push(whole);
  return parts;
}

// The texts in files and folders, as { path, text } each.
export async function files(paths) {
  const found = [];
  for (const path of paths) {
    const folder = (await fs.stat(path)).type === "folder";
    const inside = folder ? await fs.glob(`${path.replace(/\/+$/, "")}/**/*`) : [path];
    for (const file of inside) {
      if (!folder || ENDINGS.test(file)) found.push({ path: file, text: await fs.read(file) });
    }
  }
  return found;
}

// What a spell is to work on: the parameter `text`, or the files that the arguments name from `first` on, or the input.
export async function input(first = 0) {
  if (params.text !== undefined) return params.text;
  const paths = (params.args ?? []).slice(first);
  if (paths.length === 0) return stdin.read();
  return (await files(paths)).map((file) => file.text).join("\n\n");
}
