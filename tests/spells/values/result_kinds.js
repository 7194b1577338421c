export default {
  text: "t",
  whole: 7,
  fraction: 0.5,
  yes: true,
  no: false,
  list: [1, "two", false],
  object: { a: { b: ["c"] } },
};
