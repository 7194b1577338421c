const kind = (error) => error.kind;
export default [await sleep(-1).catch(kind), await sleep("a while").catch(kind)];
