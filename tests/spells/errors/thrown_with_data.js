throw new SpellError("bad order", { kind: "value", data: { order: 12, rows: [] } }); // HERE
