const read = await Promise.resolve().then(() => fs.read("a.txt")).then(() => true, () => false);
export default { doubled: params.n * 2, read };
