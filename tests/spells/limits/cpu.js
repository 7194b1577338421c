print("started");
try {
  while (true);
} catch {}
print("never");
