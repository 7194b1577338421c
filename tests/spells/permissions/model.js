async function kindOf(make) {
  try {
    await make().complete("Hi");
    return "allowed";
  } catch (failure) {
    return `${failure.kind}: ${failure.message}; ${failure.hint}`;
  }
}
export default {
  granted: await kindOf(() => llm("scripted/large")),
  other: await kindOf(() => llm("scripted/other")),
  in_a_list: await kindOf(() => llm({ fallback: ["scripted/other", "scripted/large"] })),
  of_a_rule: await kindOf(() => llm({ route: [{ model: "scripted/other" }] })),
  by_a_function: await kindOf(() => llm({ route: () => "scripted/other" })),
};
