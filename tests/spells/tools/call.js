export default {
  sum: await tools.add({ a: 40, b: 2 }),
  fraction: await tools.add({ a: 0.5, b: 0.25 }),
  nothing: (await tools.echo({ value: null })) === null,
  list: await tools.echo({ value: [1, { a: [null] }] }),
};
