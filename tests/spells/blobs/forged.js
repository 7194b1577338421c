const kinds = [];
for (const forged of [{ blob: "0123456789abcdef0123456789abcdef", mime: "text/plain", size: 3 },
                      { blob: "", mime: "", size: 0 }, { blob: "x" }, "x", 1]) {
  await blob.text(forged).catch((err) => kinds.push(err.kind));
}
export default kinds;
