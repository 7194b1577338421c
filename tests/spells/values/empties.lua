local filled = array {}
filled[1] = "x"
return {
  list = params.list,
  object = params.object,
  lists = params.lists,
  echoed = tools.echo { value = { array {}, {} } },
  made = { list = array {}, object = {} },
  filled = filled,
  text = json.encode(array {}) .. " " .. json.encode({}) .. " " .. json.encode({ array {} }),
}
