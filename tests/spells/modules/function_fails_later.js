import { total } from "./parts/shop.js";
export default await map([{ price: 1 }, {}], total);
