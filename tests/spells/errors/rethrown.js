try {
  await tools.not_there({ name: "key" }); // HERE
} catch (error) {
  print("closing");
  throw error;
}
