try {
  await tools.not_there({ name: "key" });
} catch (error) {
  throw new Error(`could not open: ${error.message}`); // HERE
}
