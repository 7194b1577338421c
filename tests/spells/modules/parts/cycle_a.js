import b from "./cycle_b.js";
export default { b };
