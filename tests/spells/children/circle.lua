return spell.run("circle", { depth = (params.depth or 1) + 1 }) -- HERE
