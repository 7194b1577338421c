// Takes values out of a text, as JSON.
//   llmspell run extract name,city,age:integer letter.txt
//   llmspell run extract 'items:string[]' -p each:=true a.txt b.txt
// Fields are NAME or NAME:TYPE, with a ? behind the type for what may be absent.
// Parameters: text (instead of files), schema (JSON Schema or its short form), each (one result for each file),
// seconds (60, more for long texts: a model that takes longer is asked for one value after the other).
// @args files
import { files, input } from "llmspell:text";

const fields = (params.schema ? "" : params.args?.[0] ?? "").split(",").filter((field) => field.trim());
const pairs = fields.map((field) => field.split(":").map((part) => part.trim()));
const schema = params.schema ?? Object.fromEntries(pairs.map(([name, type]) => [name, type || "string"]));
if (Object.keys(schema).length === 0) {
  throw new SpellError("there are no fields", { kind: "value", hint: "llmspell run extract name,age:integer letter.txt" });
}

const model = llm();
const first = params.schema ? 0 : 1;

// A small model that cannot give JSON, or goes on with it until its context is full, can still be asked for one value
// after the other.
async function plainly(text, error) {
  const types = Object.entries(schema).map(([name, type]) => [name, String(type).replace("?", "")]);
  if (!["model", "timeout"].includes(error.kind) || !types.every(([, type]) => ["string", "number", "integer"].includes(type))) throw error;
  const values = await map(types, async ([name, type]) => {
    const wish = `${text}\n\nWhat is the ${name} in the text above? Answer with the ${name} and nothing else.`;
    const answer = (await model.complete(wish, { temperature: 0, maxTokens: 40 })).text.trim();
    const number = /-?\d+(\.\d+)?/.exec(answer)?.[0];
    if (type !== "string" && number === undefined) throw error;
    if (type === "string") return [name, answer];
    return [name, type === "integer" ? Math.trunc(Number(number)) : Number(number)];
  });
  return Object.fromEntries(values);
}

async function extract(text) {
  if (!text.trim()) {
    throw new SpellError("there is nothing to extract from", { kind: "value", hint: "name a file behind the fields, or pipe in a text" });
  }
  try {
    return await timeout((params.seconds ?? 60) + text.length / 20, () => model.extract(text, schema));
  } catch (error) {
    return plainly(text, error);
  }
}

async function each() {
  const found = await files((params.args ?? []).slice(first));
  return map(found, async ({ path, text }) => ({ file: path, ...(await extract(text)) }), { concurrency: 4 });
}

export default params.each ? await each() : await extract(await input(first));
