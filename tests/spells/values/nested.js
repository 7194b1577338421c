let deep = ["bottom"];
for (let level = 2; level <= 150; level++) deep = [deep];
let back = await tools.echo({ value: deep });
let depth = 0;
for (; back !== "bottom"; depth++) back = back[0];
export default { depth, matrix: [[1, 2], [3, [4, [5]]]], mixed: [{ a: [{ b: [{}] }] }] };
