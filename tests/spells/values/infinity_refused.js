export default { a: { b: Infinity } };
