async function why(choice) {
  try {
    await llm(choice).complete("Hi");
  } catch (error) {
    return error.message;
  }
}
export default [
  await why({}),
  await why({ fallback: ["a/b"], route: [{ model: "a/b" }] }),
  await why({ fallback: "a/b" }),
  await why({ fallback: [] }),
  await why({ fallback: ["a/b"], by: "turns" }),
  await why({ balance: ["a/b"], by: "luck" }),
  await why({ fallback: ["a/b"], on: ["rate_limits"] }),
  await why({ temperature: 0 }),
];
