return {
  sum = tools.add { a = 40, b = 2 },
  fraction = tools.add { a = 0.5, b = 0.25 },
  nothing = tools.echo { value = null } == nil,
  list = tools.echo { value = { 1, { a = { null } } } },
}
