const a = 1;
const b = = 2; // HERE
export default a;
