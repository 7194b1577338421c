import a from "./parts/cycle_a.js";
export default a;
