local function translate(text, language)
  return ("Translate into %s: %s"):format(language, text)
end

return { translate = translate }
