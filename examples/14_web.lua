-- A page of the web, and what a model makes of it. Which host may be asked is said on the command line.
--   llmspell run examples/14_web.lua -p url=https://example.com/ --allow-net=example.com
local page = http.get(params.url, { timeout = 20, max_size = 1000000 })
if not page.ok then
  error(params.url .. " answered with the status " .. page.status)
end
if page.text == nil then
  error("that is no text, but " .. page.blob.mime)
end

local text = page.text:gsub("<[^>]*>", " "):gsub("%s+", " "):sub(1, 2000)
local reply = llm():complete("Say in one sentence what this page is about: " .. text, { max_tokens = 60 })
return { url = page.url, summary = reply.text }
