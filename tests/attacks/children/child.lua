if params.again then
  return spell.run("child", params, params.options)
end
return load(params.code)()
