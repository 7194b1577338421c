-- Hand-off: an agent gives the conversation to another one, by a tool; from then on that one answers.
--   llmspell run examples/patterns/hand_off.lua -p question="The kettle leaks."
local desk = "reception"

local function hand_off(to)
  return tool {
    name = "hand_off_to_" .. to, description = "Hands the customer to " .. to, parameters = {},
    run = function()
      desk = to
      return "done"
    end,
  }
end

local function member(instructions, ...)
  return agent { instructions = instructions, tools = { ... }, options = { max_tokens = 100 } }
end

local agents = {
  reception = member("Hand customers to who can help them.", hand_off("billing"), hand_off("repairs")),
  billing = member("You help with invoices.", hand_off("repairs")),
  repairs = member("You help with broken things.", hand_off("billing")),
}
for _, each in pairs(agents) do -- who handed over says nothing more
  each:on("tool_result", function() return { stop = "handed over" } end)
end

local question, way, reply = params.question or "The kettle leaks.", {}, nil
for _ = 1, 4 do -- nobody is sent around for ever
  way[#way + 1] = desk
  reply = agents[desk]:run(question)
  if desk == way[#way] then break end
end
return { way = way, answer = reply.text }
