function down(levels) {
  if (levels === 0) {
    throw new Error("at the bottom"); // HERE
  }
  down(levels - 1);
  return levels;
}

down(20);
