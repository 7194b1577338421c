return { empty = next(params) == nil, missing = params.name or "nothing" }
