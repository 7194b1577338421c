// Translates files or the standard input into another language.
//   llmspell run translate French letter.txt
//   llmspell run translate German < letter.txt
// Parameters: text (instead of files), to (instead of the first argument), size of a part in characters (3000).
// @args files
import { chunks, input } from "llmspell:text";

const to = params.to ?? params.args?.[0];
if (!to) throw new SpellError("into which language?", { kind: "value", hint: "llmspell run translate French letter.txt" });
const model = llm(null, { temperature: 0 });

const parts = chunks(await input(params.to ? 0 : 1), params.size ?? 3000);
if (parts.length === 0) {
  throw new SpellError("there is nothing to translate", { kind: "value", hint: "name a file behind the language, or pipe in a text" });
}
const translated = await map(parts, async (part) => {
  const { text } = await model.complete([
    { role: "system", content: `Translate what the user writes into ${to}. Keep its form. Write the translation and nothing else.` },
    { role: "user", content: part.trim() },
  ], { maxTokens: 200 + part.length });
  return text.trim();
}, { concurrency: 4 });

export default translated.join("\n\n");
