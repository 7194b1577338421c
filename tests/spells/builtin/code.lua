local helper = agent { code = "js", tools = { "calculator", "read_file" } }
local reply = helper:run("Try.")
return { text = reply.text, told = reply.messages[3].content:sub(1, 55) }
