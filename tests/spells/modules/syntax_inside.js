import unreadable from "./parts/unreadable.js";
export default unreadable;
