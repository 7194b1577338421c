export default await import("parts.nothing").catch((error) => error.kind);
