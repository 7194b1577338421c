// Sequential: each step works on what the one before gave, and code between them checks it.
//   llmspell run examples/patterns/sequential.js -p topic=lighthouses
const topic = params.topic ?? "lighthouses";
const model = llm(null, { maxTokens: 80 });

const step = async (prompt) => (await model.complete(prompt)).text.trim();

const outline = await step(`Name three things to say about ${topic}.`);
if (outline === "") throw new Error(`the outline of ${topic} is empty`);
const draft = await step(`Write two sentences about ${topic} from this outline:\n${outline}`);
const title = await step(`Give a title to this text:\n${draft}`);

export default { title, text: draft, outline };
