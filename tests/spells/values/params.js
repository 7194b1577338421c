export default {
  greeting: `Hello, ${params.name}`,
  next: params.count + 1,
  last: params.tags.at(-1),
  deep: params.nested.deep.yes,
};
