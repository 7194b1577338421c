import * as first from "./parts/counter.js";
import * as second from "./parts/counter";
first.add();
second.add();
export default { same: first === second, count: first.count() };
