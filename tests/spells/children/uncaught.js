export default await spell.run("child", { fail: true });
