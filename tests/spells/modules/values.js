import { answer } from "./parts/settings.js";
import greet from "./parts/greet";
export default { answer, greeting: greet("Ada") };
