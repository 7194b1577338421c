local helper = agent { tools = { "calculator", "read_file", "write_file" } }
local reply = helper:run("What is 6 * 7, and what is in the files?")
local told = {}
for at, message in ipairs(reply.messages) do
  told[at] = message.role == "tool" and message.content:sub(1, 32) or message.role
end
return { text = reply.text, told = told }
