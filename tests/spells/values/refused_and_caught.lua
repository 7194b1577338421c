local _, err = pcall(function()
  tools.echo { value = { ratio = 0 / 0 } }
end)
return { kind = err.kind, place = err.message:find("ratio is not a finite number", 1, true) ~= nil, line = err.line == 2 }
