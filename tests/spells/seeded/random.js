export default { id: uuid(), numbers: Array.from({ length: 5 }, Math.random) };
