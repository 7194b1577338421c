const whole = (prompt) => async () => {
  let text = "";
  for await (const chunk of llm().stream(prompt)) {
    text += chunk.text;
    await sleep(0.001);
  }
  return text;
};
export default await parallel(whole("left"), whole("right"), whole("third"));
