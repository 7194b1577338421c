for (let i = 1; i <= 10; i++) {
  try {
    await tools.counter(); // HERE
  } catch {}
  write(i);
}
