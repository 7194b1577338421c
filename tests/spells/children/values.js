print("before");
write("child prints: ");
await spell.run("child", { print: 3 });
print();
export default {
  own: await spell.run("child", { value: [1, "zwei", { drei: 3.5 }] }),
  other: [(await spell.run("./child.js", { value: 1 })).name, (await spell.run("child.lua", { value: 1 })).given],
  nothing: await spell.run("child"),
};
