function buy() {
  throw new Error("out of milk"); // HERE
}

buy();
