print("started");
const hoard = [];
while (true) {
  try {
    while (true) hoard.push("x".repeat(1000) + hoard.length);
  } catch {}
}
