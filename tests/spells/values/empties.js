const filled = [];
filled.push("x");
export default {
  list: params.list,
  object: params.object,
  lists: params.lists,
  echoed: await tools.echo({ value: [[], {}] }),
  made: { list: [], object: {} },
  filled,
  text: `${json.encode([])} ${json.encode({})} ${json.encode([[]])}`,
};
