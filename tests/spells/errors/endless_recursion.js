function down(levels) {
  return 1 + down(levels + 1);
}

export default down(0);
