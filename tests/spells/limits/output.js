print("started");
while (true) {
  try {
    print("x".repeat(2000));
  } catch {}
}
