export default { count: params.length, sorted: params.toSorted() };
