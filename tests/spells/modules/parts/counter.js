print("loading counter");
let total = 0;
export const add = () => { total += 1; };
export const count = () => total;
