return {
  greeting = "Hello, " .. params.name,
  next = params.count + 1,
  last = params.tags[#params.tags],
  deep = params.nested.deep.yes,
}
