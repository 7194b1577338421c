async function withDoor(body) {
  write("open ");
  try {
    await body();
  } finally {
    write("close ");
  }
}

await withDoor(async () => {
  await tools.fail({ message: "on fire" }); // HERE
});
