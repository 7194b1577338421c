// The same question to several models at once. One that fails is part of the table, not the end of the spell.
//   llmspell run examples/09_compare_models.js -p 'models:=["openai/gpt-4.1-mini", "local/smollm2-135m"]'
const { models = ["local/smollm2-135m"], question = "What is the capital of France?" } = params;

async function ask(name) {
  const started = now();
  try {
    const reply = await llm(name).complete(question, { maxTokens: 30, temperature: 0 });
    return { model: name, text: reply.text, cost: reply.cost ?? undefined, seconds: now() - started };
  } catch (error) {
    return { model: name, problem: `${error.kind}: ${error.message}` };
  }
}

export default await map(models, ask);
