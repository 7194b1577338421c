import broken from "./parts/broken.js";
export default broken;
