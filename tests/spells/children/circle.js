export default await spell.run("circle", { depth: (params.depth ?? 1) + 1 }); // HERE
