local first = llm():complete("Hi").message
local second = llm():complete("And?").message
llm():complete { { role = "user", content = "Hi" }, first, { role = "user", content = "And?" }, second }
return { first, second }
