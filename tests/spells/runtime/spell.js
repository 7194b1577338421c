const limits = await spell.limits();
export default {
  named: spell.name.includes("spell.js"),
  run: spell.runId.length,
  known: spell.language === "js",
  timeout: limits.timeout,
  calls: limits.maxCalls,
  memory: limits.memory,
};
