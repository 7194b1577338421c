const attempts = [];
const value = await retry(async (attempt) => {
  attempts.push(attempt);
  if (attempt < 3) await tools.fail({ message: "not yet" });
  return "third";
}, { attempts: 5, delay: 0.001 });
export default { value, attempts };
