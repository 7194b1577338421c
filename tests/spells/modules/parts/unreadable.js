const a = 1;
const b = = a; // HERE
export default b;
