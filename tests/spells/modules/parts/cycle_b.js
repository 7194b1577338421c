import a from "./cycle_a.js";
export default { a };
