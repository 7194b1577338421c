local value = params.value
return { returned = value, echoed = tools.echo { value = value }, decoded = json.decode(json.encode(value)) }
