function check() {
  throw new Error("broken on load"); // HERE
}

export default check();
