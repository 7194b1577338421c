export default {
  most: params.most,
  least: params.least,
  power: await tools.echo({ value: params.power }),
  added: await tools.add({ a: params.most - 1, b: 1 }),
  text: json.encode(params.most),
};
