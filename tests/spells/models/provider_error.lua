local function failure()
  local _, err = pcall(function()
    llm():complete("Hi")
  end)
  return err
end
local first, second = failure(), failure()
return {
  kind = first.kind,
  message = first.message,
  retryable = first.retryable,
  status = first.status,
  provider = first.provider,
  hint = first.hint,
  second = { kind = second.kind, status = second.status, retryable = second.retryable or false },
}
