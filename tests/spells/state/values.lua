for _, key in ipairs(state.keys()) do
  state.delete(key)
end
local value = { list = { 1, 2.5, "drei" }, deep = { yes = true }, text = "ä\0b" }
state.set("value", value)
state.set("n", 0)
state.set("no", false)
state.set("other", "x")
state.set("n", 7)
local kept = state.get("value")
local gone = state.delete("other")
state.set("no longer", 1)
state.set("no longer", nil)
return {
  kept = kept, n = state.get("n"), no = state.get("no", true), gone = gone, again = state.delete("other"),
  nothing = state.get("other") == nil, default = state.get("other", { 1 }),
  keys = state.keys(), some = state.keys("n"), none = #state.keys("x"),
}
