async function save() {
  const saved = await tools.fail({ message: "disk full" }); // HERE
  return saved;
}

export default await save();
