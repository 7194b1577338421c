-- What spells do with texts again and again: require("llmspell:text").
local text = {}

local ENDINGS = { md = true, txt = true, rst = true, html = true, csv = true, json = true, lua = true, js = true, py = true }

-- Parts of at most `size` bytes, cut between paragraphs, else lines, else sentences, else words, else characters.
function text.chunks(whole, size)
  local parts = {}
  while #whole > size do
    local cut
    for _, gap in ipairs { "\n\n", "\n", ". ", " " } do
      local from = 1
      while true do
        local _, last = whole:find(gap, from, true)
        if not last or last > size then break end
        cut, from = last, last + 1
      end
      if cut and cut > size // 4 then break end
    end
    cut = cut or size
    while cut > 1 and (whole:byte(cut + 1) or 0) & 0xC0 == 0x80 do cut = cut - 1 end
    parts[#parts + 1] = whole:sub(1, cut)
    whole = whole:sub(cut + 1)
  end
  if whole:find("%S") then parts[#parts + 1] = whole end
  return parts
end

local function read(path)
  if fs.stat(path).type ~= "folder" then return { { path = path, text = fs.read(path) } } end
  local found = {}
  for _, file in ipairs(fs.glob((path:gsub("/+$", "")) .. "/**/*")) do
    if ENDINGS[file:match("%.(%w+)$") or ""] then found[#found + 1] = { path = file, text = fs.read(file) } end
  end
  return found
end

-- The texts in files and folders, as { path, text } each.
function text.files(paths)
  local found = {}
  for _, path in ipairs(paths) do
    for _, file in ipairs(read(path)) do found[#found + 1] = file end
  end
  return found
end

-- What a spell is to work on: the parameter `text`, or the files that the arguments name from `first` on, or the input.
function text.input(first)
  if params.text then return params.text end
  local paths = table.move(params.args or {}, first or 1, #(params.args or {}), 1, {})
  if #paths == 0 then return stdin.read() end
  local parts = {}
  for i, file in ipairs(text.files(paths)) do parts[i] = file.text end
  return table.concat(parts, "\n\n")
end

return text
