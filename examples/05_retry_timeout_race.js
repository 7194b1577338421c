// What to do when a model is slow or fails: try again, give up in time, or take whoever answers first.
//   llmspell run examples/05_retry_timeout_race.js
const model = llm(null, { maxTokens: 20 });

// Only errors that may pass are worth another attempt; the others leave `retry` as a value and are thrown after it.
async function patiently(prompt) {
  const outcome = await retry(async (attempt) => {
    try {
      return { text: (await model.complete(prompt)).text };
    } catch (error) {
      if (!error.retryable) return { error };
      log.info("attempt", attempt, "failed:", error.message);
      throw error;
    }
  }, { attempts: 3, delay: 0.2 });
  if (outcome.error) throw outcome.error;
  return outcome.text;
}

const answer = await patiently("Name a colour.");

const late = await timeout(0.001, () => sleep(5)).catch((error) => error.kind);

const first = await race(
  async () => (await model.complete("Name a fruit.")).text,
  async () => {
    await sleep(30);
    return "nobody answered";
  },
);

export default { answer, late, first };
