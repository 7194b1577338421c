// Parameters go in, a value comes out; `:=` gives a parameter as JSON.
//   llmspell run examples/02_params_and_results.js -p word=tide -p 'rhymes:=["side", "wide"]' --json
const { word = "moon", rhymes = [] } = params;

const prompt = `Write one line of a poem that ends with "${word}".`;
const reply = await llm().complete(prompt, { maxTokens: 40, temperature: 0 });

export default {
  word,
  line: reply.text,
  rhymes,
  tokens: reply.usage.outputTokens,
  finished: reply.finishReason === "stop",
};
