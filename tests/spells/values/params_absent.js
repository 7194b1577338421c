export default { empty: Object.keys(params).length === 0, missing: params.name ?? "nothing" };
