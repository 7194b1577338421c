local function why(choice)
  local model = llm(choice)
  local _, err = pcall(model.complete, model, "Hi")
  return err.message
end
return {
  why {},
  why { fallback = { "a/b" }, route = { { model = "a/b" } } },
  why { fallback = "a/b" },
  why { fallback = array {} },
  why { fallback = { "a/b" }, by = "turns" },
  why { balance = { "a/b" }, by = "luck" },
  why { fallback = { "a/b" }, on = { "rate_limits" } },
  why { temperature = 0 },
}
