// Models in an order of preference, and what to do with the same question twice: the answer is remembered for a minute.
//   llmspell run examples/13_fallback.js -p 'models:=["openai/gpt-4.1-mini", "local/smollm2-135m"]'
const model = llm({
  fallback: params.models ?? ["local/smollm2-135m"],
  tryTimeout: 60,
  on: ["auth"], // no key is a reason to ask the next one, too
}, { maxTokens: 20, temperature: 0, cache: 60 });

let reply;
try {
  reply = await model.complete("Name a colour.");
} catch (error) {
  for (const { model: name, message } of error.data?.tried ?? []) log.warn(name, "failed:", message);
  throw error;
}

const again = await model.complete("Name a colour.");
export default { text: reply.text, model: reply.model, remembered: again.cached === true && again.text === reply.text };
