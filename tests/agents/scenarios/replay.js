// Has a recorded conversation again: `params` are the agent, and what its tools gave is with the host.
const { model, instructions, output, output_mode: outputMode, options, limits } = params.agent;
const helper = agent({
  model,
  instructions,
  output,
  outputMode,
  options,
  limits: { maxTurns: limits.max_turns, maxRepairs: limits.max_repairs },
  tools: params.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters,
    run: (args) => tools.recorded({ name, args }),
  })),
});
let reply;
if (params.stream) for await (const event of helper.stream(params.prompt)) reply = event.reply ?? reply;
else reply = await helper.run(params.prompt);
export default {
  reason: reply.reason,
  text: reply.text,
  turns: reply.turns,
  messages: reply.messages.map((message) => ({ tool_calls: message.toolCalls, content: message.content })),
};
