// Plays one scenario: see README.md. `params` are the case, and the way: run or stream.
const { case: scenario, way } = params;
const ran = [], events = [], questions = [], fired = [];
let shown = "", failures = 0;

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const OWN = ["parameters", "output", "does", "tools"];
const named = (spec) =>
  Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      camel(key),
      OWN.includes(key) || typeof value !== "object" || value === null ? value : named(value),
    ]),
  );

async function act(does, args) {
  if (does.echo) return args;
  if (does.huge) return "x".repeat(does.huge);
  if (does.wait) return sleep(does.wait).then(() => "late");
  if (does.stop) throw { kind: "tool", message: does.stop, data: { stop: true } };
  if (does.fail) throw new Error(does.fail);
  if (does.fail_first) {
    if (failures >= does.fail_first) return "ok";
    failures += 1;
    throw new Error("not yet");
  }
  return does.give;
}

async function made(spec) {
  if (spec.does.agent) return (await build(spec.does.agent)).asTool({ name: spec.name });
  const { does, ...options } = named(spec);
  return tool({
    ...options,
    run: (args) => {
      ran.push([spec.name, args]);
      return act(does, args);
    },
  });
}

async function build(spec) {
  const tools = [];
  for (const each of spec.tools ?? []) tools.push(await made(each));
  return agent({ ...named(spec), tools, model: `${spec.model}/test` });
}

async function main() {
  const helper = await build({ ...scenario.agent, model: "main", tools: scenario.tools });
  for (const [number, spec] of (scenario.hooks ?? []).entries())
    await helper.on(spec.on, (event) => {
      fired[number] = (fired[number] ?? 0) + 1;
      if (fired[number] > (spec.times ?? 1000)) return undefined;
      if (spec.do.fail) throw new Error(spec.do.fail);
      if (spec.do.append) return { change: { text: event.text + spec.do.append } };
      return spec.do;
    });
  return helper;
}

async function streamed(helper) {
  let reply;
  for await (const event of helper.stream(scenario.prompt)) {
    const repeated = ["text", "reasoning"].includes(event.type) && events.at(-1) === event.type;
    if (event.type !== "output" && !repeated) events.push(event.type);
    if (event.type === "text") shown += event.text;
    reply = event.reply ?? reply;
  }
  return reply;
}

function noted(reply) {
  for (const question of reply.questions ?? []) questions.push(question.id);
  return reply;
}

async function play() {
  const helper = await main();
  let reply = noted(await (way === "run" ? helper.run(scenario.prompt) : streamed(helper)));
  const answers = scenario.answers ?? [];
  for (const each of Array.isArray(answers) ? answers : [answers])
    reply = noted(await (await main()).resume(each, reply.state));
  const { toolCalls, usage, messages, ...rest } = reply;
  return {
    ...rest,
    tool_calls: toolCalls,
    usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
    messages: messages.map(({ toolCallId, toolCalls, isError, ...message }) => ({
      ...message,
      tool_call_id: toolCallId,
      tool_calls: toolCalls,
      is_error: isError,
    })),
  };
}

const end = await play().then((reply) => ({ reply }), ({ kind, message }) => ({ error: [kind, message] }));
export default { ...end, ran, events, shown, questions };
