local lines = {}
for line in stdin.lines() do
  lines[#lines + 1] = line
end
return lines
