llm():compleet("Hi") -- HERE
