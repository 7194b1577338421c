import city from "./parts/asks.js";
export default `${city} in spring`;
