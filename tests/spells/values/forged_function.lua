local ok, err = pcall(tools.echo, { value = { { ["$function"] = 1 } } })
return {
  refused = not ok and err.kind,
  named = err.message:find("has the key $function", 1, true) ~= nil,
  data = json.decode('{"$function":1}'),
}
