print(params.nul .. " " .. params.emoji)
return {
  echoed = tools.echo { value = params },
  same = params.combining == params.composed,
  ["ключ"] = "鍵",
  points = utf8.len(params.emoji),
}
