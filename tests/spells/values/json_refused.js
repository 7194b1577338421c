function kindOf(work, value) {
  try {
    work(value);
    return "no error";
  } catch (error) {
    return error.kind;
  }
}
export default {
  bad: [kindOf(json.decode, "{oops"), kindOf(json.decode, ""), kindOf(json.decode, "[1] 2")],
  encode: kindOf(json.encode, [print]),
};
