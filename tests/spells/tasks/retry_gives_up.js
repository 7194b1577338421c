let count = 0;
let message;
try {
  await retry((attempt) => {
    count += 1;
    throw new SpellError(`attempt ${attempt}`, { kind: "provider" });
  }, { attempts: 4, delay: 0.001, factor: 3 });
} catch (error) {
  message = error.message;
}
export default { message, count };
