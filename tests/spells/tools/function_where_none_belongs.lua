tools.echo { value = print } -- HERE
