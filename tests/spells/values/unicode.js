print(`${params.nul} ${params.emoji}`);
export default {
  echoed: await tools.echo({ value: params }),
  same: params.combining === params.composed,
  ключ: "鍵",
  points: [...params.emoji].length,
};
