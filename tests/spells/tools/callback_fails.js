export default {
  plain: await tools.attempt({ run() { throw new Error("no"); } }),
  known: await tools.attempt({ run: () => tools.not_there({ name: "key" }) }),
  refused: (await tools.attempt({ run: () => 0 / 0 })).kind,
};
