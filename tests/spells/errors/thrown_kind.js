throw new SpellError("no milk", { kind: "not_found", hint: "try the shop", retryable: true }); // HERE
