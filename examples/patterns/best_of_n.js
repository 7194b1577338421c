// Best of N: several answers to one question at the same time; each is judged alone, and the best is kept.
//   llmspell run examples/patterns/best_of_n.js -p n:=5
const task = params.task ?? "Write one line of a poem about rain.";
const writer = llm(null, { temperature: 1, maxTokens: 40 });
const judge = llm(null, { temperature: 0, maxTokens: 10 });

const tries = Array.from({ length: params.n ?? 3 });
const answers = await map(tries, async () => {
  const { text } = await writer.complete(task);
  const wish = `Task: ${task}\nAnswer: ${text}\nGive it a mark from 1 to 10, as a number.`;
  const mark = /\d+/.exec((await judge.complete(wish)).text)?.[0];
  return { text, mark: Math.min(Number(mark ?? 0), 10) };
});

answers.sort((a, b) => b.mark - a.mark);
export default answers[0];
