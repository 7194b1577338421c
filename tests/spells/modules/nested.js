import * as nested from "./parts/nested.js";
export default nested.greeting;
