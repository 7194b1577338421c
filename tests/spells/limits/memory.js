print("started");
try {
  const hoard = [];
  while (true) hoard.push("x".repeat(1000) + hoard.length);
} catch {}
print("never");
