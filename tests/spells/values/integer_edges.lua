return {
  most = params.most,
  least = params.least,
  power = tools.echo { value = params.power },
  added = tools.add { a = params.most - 1, b = 1 },
  text = json.encode(params.most),
}
