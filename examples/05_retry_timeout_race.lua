-- What to do when a model is slow or fails: try again, give up in time, or take whoever answers first.
--   llmspell run examples/05_retry_timeout_race.lua
local model = llm(nil, { max_tokens = 20 })

-- Only errors that may pass are worth another attempt; the others leave `retry` as a value and are thrown after it.
local function patiently(prompt)
  local outcome = retry(function(attempt)
    local ok, result = pcall(function()
      return model:complete(prompt).text
    end)
    if not ok and result.retryable then
      log.info("attempt", attempt, "failed:", result.message)
      error(result)
    end
    return { ok = ok, result = result }
  end, { attempts = 3, delay = 0.2 })
  return outcome.ok and outcome.result or error(outcome.result)
end

local answer = patiently("Name a colour.")

local ok, late = pcall(timeout, 0.001, function()
  sleep(5)
end)

local first = race(function()
  return model:complete("Name a fruit.").text
end, function()
  sleep(30)
  return "nobody answered"
end)

return { answer = answer, late = not ok and late.kind, first = first }
