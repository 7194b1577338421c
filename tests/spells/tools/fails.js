let caught;
try { await tools.fail({ message: "disk full" }); } catch (error) { caught = error; }
export default { kind: caught.kind, message: caught.message, line: caught.line === 2 };
