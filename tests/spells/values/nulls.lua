return {
  list = params.list,
  is_null = params.list[2] == null,
  count = #params.list,
  absent = params.field == nil,
  made = { null, { kept = 1, dropped = nil } },
}
