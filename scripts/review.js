// Reviews the code of a diff, file by file.
//   git diff | llmspell run review
//   llmspell run review change.patch -p focus=security
// Parameters: text (instead of the input), focus (what to look for), size of a part in characters (6000).
// @args files
import { chunks, input } from "llmspell:text";

const diff = await input();
const files = diff.split(/^(?=diff --git )/m).filter((part) => part.trim());
if (files.length === 0) throw new SpellError("there is no diff", { kind: "value", hint: "git diff | llmspell run review" });

const focus = params.focus ?? "bugs, missing checks and unclear names";
const model = llm(null, { temperature: 0, maxTokens: 400 });

async function review(part) {
  const { text } = await model.complete([
    { role: "system", content: `You review a change of code. Look for ${focus}. List what you find, one line each, with the line of code that it is about. If the change is fine, say so in one line.` },
    { role: "user", content: part },
  ]);
  return text.trim();
}

const reviewed = await map(files, async (file) => {
  const name = /^\+\+\+ (?:b\/)?(.+)$/m.exec(file)?.[1] ?? /^diff --git a\/(\S+)/.exec(file)?.[1] ?? "the change";
  const remarks = await map(chunks(file, params.size ?? 6000), review, { concurrency: 2 });
  return `## ${name}\n\n${remarks.join("\n\n")}`;
}, { concurrency: 3 });

export default reviewed.join("\n\n");
